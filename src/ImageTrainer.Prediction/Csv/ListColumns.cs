namespace ImageTrainer.Csv;

/// <summary>What a list must tell of each image besides its path.</summary>
/// <param name="Label">Whether it needs a label.</param>
/// <param name="Split">Whether it needs the part of the data set that the image belongs to.</param>
internal readonly record struct ListNeeds(bool Label = false, bool Split = false)
{
    /// <summary>The names of the columns, as this project writes them.</summary>
    public string[] Names => [.. new[] { "path", Label ? "label" : null, Split ? "split" : null }.OfType<string>()];

    /// <summary>Whether columns tell all that is needed.</summary>
    public bool AreMetBy(ListColumns columns) =>
        columns.Path >= 0 && (columns.Label >= 0 || !Label) && (columns.Split >= 0 || !Split);
}

/// <summary>
/// Which columns of a list hold the path, the label and the split of an image: positions from 0, or -1 where there is none.
/// </summary>
internal readonly record struct ListColumns(int Path, int Label, int Split)
{
    /// <summary>
    /// Names of a column of files, simplified, as this project, pandas and Keras, Hugging Face, Azure, Google, Amazon, ML.NET's samples
    /// and Kaggle's lists have them; the first that a list has counts.
    /// </summary>
    private static readonly string[] PathNames =
    [
        "path", "filepath", "imagepath", "imgpath", "fullpath", "absolutepath", "relativepath", "localpath", "filename", "imagefilename",
        "imagefile", "imgfile", "imagename", "imgname", "file", "files", "image", "images", "img", "photo", "picture",
        "imageurl", "imageuri", "imagegcsuri", "gcsuri", "sourceref", "url", "uri", "imageid", "imgid", "idcode", "id",
    ];

    /// <summary>Names of a column of labels, simplified; the first that a list has counts.</summary>
    private static readonly string[] LabelNames =
    [
        "label", "labels", "labelname", "class", "classname", "classlabel", "classes", "category", "categoryname", "categories", "target",
        "tag", "tags", "classid", "categoryid", "labelid",
    ];

    /// <summary>Names of a column that says in which part an image is, simplified.</summary>
    private static readonly string[] SplitNames = ["split", "subset", "partition", "mluse"];

    /// <summary>Recognises columns by their names.</summary>
    /// <param name="names">The names in order.</param>
    /// <param name="refuseTwice">Told the name that counts where two columns have it.</param>
    public static ListColumns Find(IReadOnlyList<string> names, Action<string>? refuseTwice = null)
    {
        string[] simple = [.. names.Select(Simplify)];
        return new ListColumns(Find(PathNames), Find(LabelNames), Find(SplitNames));

        int Find(string[] known)
        {
            string? name = known.FirstOrDefault(simple.Contains);
            if (name is null) return -1;
            int first = Array.IndexOf(simple, name);
            if (Array.IndexOf(simple, name, first + 1) >= 0) refuseTwice?.Invoke(names[first].Trim());
            return first;
        }
    }

    /// <summary>Whether a name is one of the plural ones, under which several labels of one image stand.</summary>
    public static bool IsPlural(string name) => Simplify(name) is "labels" or "classes" or "categories" or "tags";

    /// <summary>Whether a column's name may stand for the label, as other columns do too.</summary>
    public static bool MayBeLabel(string name) => LabelNames.Contains(Simplify(name));

    /// <summary>
    /// A name without its case and everything but letters and digits: "Image Path", "image_path" and "imagePath" are one.
    /// </summary>
    private static string Simplify(string name) => new string([.. name.Where(char.IsLetterOrDigit)]).ToLowerInvariant();
}

/// <summary>One value of a list's line.</summary>
/// <param name="Name">Name of its column.</param>
/// <param name="Value">Its exact text.</param>
/// <param name="IsJson">Whether the text is a JSON value other than a string: 12, true, {"a": 1}.</param>
internal readonly record struct ListField(string Name, string Value, bool IsJson = false);

/// <summary>One image of a list.</summary>
/// <param name="Line">Number of the line it starts on, from 1.</param>
/// <param name="Fields">All values, in the order of the list.</param>
/// <param name="Columns">Which of them are which.</param>
internal readonly record struct ListRecord(long Line, IReadOnlyList<ListField> Fields, ListColumns Columns)
{
    /// <summary>The path as the list writes it.</summary>
    public string Path => Fields[Columns.Path].Value;

    /// <summary>The label's field, or null.</summary>
    public ListField? Label => Columns.Label < 0 ? null : Fields[Columns.Label];

    /// <summary>The split, or null.</summary>
    public string? Split => Columns.Split < 0 ? null : Fields[Columns.Split].Value;
}
