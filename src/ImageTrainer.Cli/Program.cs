using System.CommandLine;
using ImageTrainer.Cli.Terminal;
using ImageTrainer.Cli.Verbs;

// Paths and labels of any language go through pipes unharmed, and no byte-order mark stands before JSON.
Console.OutputEncoding = new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
Console.SetOut(OutputStream.NewWriter());

using var log = new RunLog(Console.Error, TimeProvider.System);
var root = new RootCommand("Trains image classifiers from folders of labelled photos, and runs them.")
{
    TrainVerb.Create(log),
    EvaluateVerb.Create(log),
    PredictVerb.Create(log),
    ScoreVerb.Create(log),
    ServeVerb.Create(log),
    BackboneVerb.Create(log),
    SampleDataVerb.Create(log),
    AugmentPreviewVerb.Create(log),
    InspectModelVerb.Create(log),
    ExportVerb.Create(log),
    BenchVerb.Create(log),
};
HelpWithExamples.AddTo(root, "sample-data surfaces", "train surfaces", "predict model.zip photo.jpg");
return await Edge.RunAsync(root, args, log);
