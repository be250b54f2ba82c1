namespace ImageTrainer.Models.MLNet;

/// <summary>One step of an ML.NET chain, or a part of one: a folder of the zip with a Model.key in it.</summary>
internal interface IComponent
{
    /// <summary>What it is called in <c>mlContext.Transforms</c>, or the name of its loader.</summary>
    string Name { get; }

    /// <summary>Its columns and settings, in one line.</summary>
    string Summary { get; }

    /// <summary>The labels it knows, in the order of their keys and scores; null where it knows none.</summary>
    IReadOnlyList<string>? Labels => null;
}

/// <summary>A component that ImageTrainer writes.</summary>
internal interface IWritableComponent : IComponent
{
    /// <summary>Which class of ML.NET reads it.</summary>
    ComponentIdentity Identity { get; }

    /// <summary>Writes its block and the entries beside its Model.key.</summary>
    void Write(ComponentWriter writer);
}
