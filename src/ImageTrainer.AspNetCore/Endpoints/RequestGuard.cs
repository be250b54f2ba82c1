using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace ImageTrainer.AspNetCore.Endpoints;

/// <summary>What every request meets before its body is read: the key, the size its body may have, the pace it must keep.</summary>
/// <param name="options">The limits.</param>
internal sealed class RequestGuard(ImageServingOptions options)
{
    private const string KeyHeader = "X-API-Key";
    private const string Bearer = "Bearer ";
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);
    private readonly byte[][] _keys = options.HashKeys();

    /// <summary>Lets a request in; false where it carries no key that is known.</summary>
    public bool Admit(HttpContext context)
    {
        if (_keys.Length > 0 && !IsKnown(context.Request)) return false;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = options.MaxRequestBodySize;
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } pace)
            pace.MinDataRate = options.MinRequestBodyBytesPerSecond > 0 ? new MinDataRate(options.MinRequestBodyBytesPerSecond, Grace) : null;
        return true;
    }

    // Hashes are of one length, and every one is compared to its end: the time says nothing of the keys.
    private bool IsKnown(HttpRequest request)
    {
        string sent = request.Headers[KeyHeader].ToString();
        string authorization = request.Headers.Authorization.ToString();
        if (sent.Length == 0 && authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)) sent = authorization[Bearer.Length..].Trim();
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(sent));
        bool isKnown = false;
        foreach (byte[] key in _keys) isKnown |= CryptographicOperations.FixedTimeEquals(hash, key);
        return isKnown;
    }
}
