using ImageTrainer.Onnx;

namespace ImageTrainer.Tests.Onnx;

[TestClass]
public class ComputeDeviceTests
{
    [TestMethod]
    [DataRow("cpu", DeviceKind.Cpu, 0, "cpu")]
    [DataRow("cuda", DeviceKind.Cuda, 0, "cuda:0")]
    [DataRow("cuda:3", DeviceKind.Cuda, 3, "cuda:3")]
    public void Parse_Device_GivesKindAndIndex(string text, DeviceKind kind, int index, string written)
    {
        ComputeDevice? device = ComputeDevice.Parse(text);

        Assert.AreEqual(new ComputeDevice(kind, index), device);
        Assert.AreEqual(written, device!.ToString());
    }

    [TestMethod]
    public void Parse_Auto_GivesNull()
    {
        Assert.IsNull(ComputeDevice.Parse("auto"));
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("gpu")]
    [DataRow("CPU")]
    [DataRow("cuda:")]
    [DataRow("cuda:-1")]
    [DataRow("cuda:99999999999")]
    [DataRow("cpu:0")]
    public void Parse_AnythingElse_ThrowsAndSaysWhatToWrite(string text)
    {
        ArgumentException exception = Assert.ThrowsExactly<ArgumentException>(() => ComputeDevice.Parse(text));

        Assert.Contains("write auto, cpu, cuda or cuda:N", exception.Message);
    }

    [TestMethod]
    public void Choose_Cpu_IsTakenAsAskedFor()
    {
        DeviceChoice choice = DeviceSelector.Choose(ComputeDevice.Cpu);

        Assert.AreEqual(new DeviceChoice(ComputeDevice.Cpu, "asked for"), choice);
    }

    [TestMethod]
    public void Choose_CudaThatIsNotThere_ThrowsDeviceException()
    {
        var device = new ComputeDevice(DeviceKind.Cuda, 4095);

        DeviceException exception = Assert.ThrowsExactly<DeviceException>(() => DeviceSelector.Choose(device));

        Assert.AreEqual(device, exception.Device);
        Assert.StartsWith("Cannot run on cuda:4095: ", exception.Message);
        if (!CudaProvider.IsInstalled) Assert.Contains("./dev gpu", exception.Message);
    }

    [TestMethod]
    public void Choose_AutoWithoutTheProvider_IsTheCpu()
    {
        if (CudaProvider.IsInstalled) Assert.Inconclusive("The CUDA provider is installed.");

        Assert.AreEqual(new DeviceChoice(ComputeDevice.Cpu, "ONNX Runtime here offers no GPU"), DeviceSelector.Choose(null));
    }
}
