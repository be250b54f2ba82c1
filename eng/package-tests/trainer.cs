// A folder of labelled photos and a path: the model there.
using ImageTrainer.Data;
using ImageTrainer.Training;

(ImageDataset train, ImageDataset test) = ImageDataset.FromFolder(args[0]).TrainTestSplit(testFraction: 0.2, seed: 1);
using ImageClassificationModel model = new ImageClassificationTrainer().Fit(train);
EvaluationResult evaluation = model.Evaluate(test);
Console.WriteLine(evaluation);
model.Save(args[1], evaluation.Metrics);
