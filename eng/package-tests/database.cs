// A model, a folder and a database that nobody has: the address is understood, and what is wrong is said in one sentence.
using ImageTrainer.Batch;
using ImageTrainer.Batch.Listing;
using ImageTrainer.Batch.Postgres;

using var scorer = BatchScorer.Load(args[0]);
using var sink = new PostgresSink(PostgresAddress.Parse("postgres://nobody@127.0.0.1:1/none?job=test"), TimeProvider.System, Console.WriteLine);
try
{
    scorer.Score(ScoringInput.Parse([args[1]]), sink);
    return 1;
}
catch (ScoringOutputException exception)
{
    Console.WriteLine(exception.Message);
    return exception.Output == "postgres://127.0.0.1:1/none" ? 0 : 1;
}
