using MLNetInterop;

if (args is not [var model, var folder])
{
    Console.Error.WriteLine("MLNetInterop MODEL FOLDER: loads a model.zip with ML.NET alone and predicts every image of a folder; prints CSV.");
    return 2;
}

FolderPrediction.Run(model, folder, Console.Out);
return 0;
