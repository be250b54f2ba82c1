using System.Buffers.Binary;

namespace ImageTrainer.Data;

/// <summary>
/// Chooses the photos that are held out. Each photo draws a number from its content and the seed, and of each class those with the lowest
/// numbers are taken. So the choice depends neither on names nor on order, and photos added later push few others across.
/// </summary>
internal static class StratifiedSplit
{
    /// <summary>Decides for each image whether it is held out.</summary>
    /// <param name="images">The images.</param>
    /// <param name="hashes">Their content hashes, in the same order.</param>
    /// <param name="testFraction">Share of each class's distinct photos to hold out, between 0 and 1, both excluded.</param>
    /// <param name="seed">Any number.</param>
    /// <returns>True for the images to hold out, in the order of the images.</returns>
    public static bool[] ChooseTest(IReadOnlyList<LabeledImage> images, ContentHash[] hashes, double testFraction, int seed)
    {
        var testPhotos = new HashSet<ContentHash>();
        foreach (IGrouping<string, ContentHash> photos in PhotosByLabel(images, hashes))
        {
            int testCount = TestCount(photos.Count(), testFraction);
            testPhotos.UnionWith(photos.OrderBy(photo => Draw(seed, photo)).Take(testCount));
        }

        return [.. hashes.Select(testPhotos.Contains)];
    }

    /// <summary>How many of a class's photos are held out: the nearest whole number, but one at least and never all.</summary>
    public static int TestCount(int photoCount, double testFraction) =>
        photoCount < 2 ? 0 : Math.Clamp((int)Math.Round(photoCount * testFraction, MidpointRounding.AwayFromZero), 1, photoCount - 1);

    // Photos under two labels are in no group, and so stay in training: there is no answer to test them against.
    private static IEnumerable<IGrouping<string, ContentHash>> PhotosByLabel(IReadOnlyList<LabeledImage> images, ContentHash[] hashes) =>
        from photo in images.Select((image, i) => (image.Label, Hash: hashes[i])).Distinct().GroupBy(photo => photo.Hash)
        where photo.Count() == 1
        group photo.Key by photo.Single().Label;

    private static ContentHash Draw(int seed, ContentHash photo)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int) + ContentHash.ByteCount];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, seed);
        photo.CopyTo(bytes[sizeof(int)..]);
        return ContentHash.Of(bytes);
    }
}
