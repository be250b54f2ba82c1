namespace ImageTrainer.Data;

/// <summary>What an image is for.</summary>
internal enum DatasetPart
{
    /// <summary>To fit on.</summary>
    Train,

    /// <summary>To choose settings by.</summary>
    Validation,

    /// <summary>To measure the finished model by.</summary>
    Test,
}
