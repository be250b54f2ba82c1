using System.Security.Cryptography;
using ImageTrainer.Backbones;
using ImageTrainer.Featurizing;
using ImageTrainer.Tests.Worker;

if (args is ["featurize", string images, string cacheFolder])
{
    FeaturizeJob.Run(images, cacheFolder);
    return 0;
}

if (args is ["load", string weights])
{
    using FileStream content = File.OpenRead(weights);
    Backbone.Load(new BackboneDescriptor { Name = "foreign", FileName = Path.GetFileName(weights) }, weights, content);
    return 0;
}

if (args is ["decode-by-system", string folder])
{
    return SystemDecoding.Run(folder);
}

// Appends rows to the feature cache in args[0] until killed, and prints the number of each once Append has returned.
// Row i of process p has the content hash SHA-256("p/i") and holds args[1] floats of i.
string process = args[2];
using FeatureCache cache = FeatureCache.Open(new FeatureCacheOptions { Folder = args[0] }, SHA256.HashData("network"u8), int.Parse(args[1]));
float[] row = new float[int.Parse(args[1])];
for (int i = 0; ; i++)
{
    Array.Fill(row, i);
    cache.Append(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{process}/{i}")), row);
    Console.Out.WriteLine(i);
    Console.Out.Flush();
}
