using ImageTrainer.House;

return args switch
{
    [] => HouseReport.Print(SourceTree.Read(), Console.Out),
    ["executed", var trace, var binaries] => ExecutedFiles.Print(trace, binaries, Console.Out),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: ImageTrainer.House.Tests [executed TRACE.nettrace FOLDER-OF-BINARIES]");
    return 2;
}
