namespace ImageTrainer.Backbones;

/// <summary>One line of <see cref="BackboneStore.List"/>: a backbone that can be named, and where it is now.</summary>
/// <param name="Descriptor">What is known of it. The checksum of a file on this machine is not verified for a listing.</param>
/// <param name="Origin">Where it would be taken from; <see cref="BackboneOrigin.Download"/> where it is not on this machine.</param>
/// <param name="Path">Full path of its file, or null where there is none.</param>
/// <param name="ByteCount">Size in bytes: of the file, or where that is not here of the publisher's, to within a kilobyte.</param>
/// <param name="Where">The same for people: the path, or "not here: would be downloaded from ...".</param>
public sealed record BackboneListing(BackboneDescriptor Descriptor, BackboneOrigin Origin, string? Path, long ByteCount, string Where);
