using System.CommandLine;
using ImageTrainer.Cli;
using ImageTrainer.Cli.Verbs;

// Paths and labels of any language go through pipes unharmed, and no byte-order mark stands before JSON.
Console.OutputEncoding = new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

var root = new RootCommand("Trains image classifiers from folders of labelled photos, and runs them.")
{
    TrainVerb.Create(),
    EvaluateVerb.Create(),
    PredictVerb.Create(),
    BackboneVerb.Create(),
    SampleDataVerb.Create(),
};
return await Edge.RunAsync(root, args);
