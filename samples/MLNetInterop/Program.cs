using MLNetInterop;

const string Usage = """
    MLNetInterop predict MODEL FOLDER
        Loads a model.zip with ML.NET alone and predicts every image of a folder; prints CSV.
    MLNetInterop compare RUN_FOLDER DATASET
        Trains ML.NET's ImageClassification on the split that a run of `imagetrainer train` wrote, saves it as mlnet.zip in the run
        folder, and prints both systems' metrics on the test images.
    """;

switch (args)
{
    case ["predict", var model, var folder]:
        FolderPrediction.Run(model, folder, Console.Out);
        return 0;
    case ["compare", var runFolder, var dataset]:
        Comparison.Run(runFolder, dataset, Console.Out);
        return 0;
    default:
        Console.Error.WriteLine(Usage);
        return 2;
}
