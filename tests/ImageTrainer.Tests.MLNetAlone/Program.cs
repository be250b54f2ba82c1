using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;

// predict ZIP COLUMN path|image < paths of images, one a line: an object of label and scores a line.
// resave ZIP OTHER: loads a model and saves it again.
var context = new MLContext();
if (File.Exists(Path.Combine(AppContext.BaseDirectory, "ImageTrainer.dll"))) throw new InvalidOperationException("ImageTrainer stands beside this program.");
ITransformer model = context.Model.Load(args[1], out DataViewSchema schema);
if (args[0] == "resave")
{
    context.Model.Save(model, schema, args[2]);
    return;
}

(string column, bool isPath) = (args[2], args[3] == "path");
SchemaDefinition definition = SchemaDefinition.Create(typeof(Row));
definition[0].ColumnName = isPath ? column : "File";
IDataView rows = context.Data.LoadFromEnumerable(Lines().Select(line => new Row { Value = line }).ToArray(), definition);
if (!isPath) rows = context.Transforms.LoadImages(column, imageFolder: null, "File").Fit(rows).Transform(rows);
IDataView scored = model.Transform(rows);
foreach ((string label, float[] scores) in scored.GetColumn<string>("PredictedLabel").Zip(scored.GetColumn<float[]>("Score")))
    Console.WriteLine(JsonSerializer.Serialize(new { Label = label, Scores = scores }));

static IEnumerable<string> Lines()
{
    while (Console.ReadLine() is { } line) yield return line;
}

internal sealed class Row
{
    public string Value { get; set; } = "";
}
