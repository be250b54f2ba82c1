using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace Microsoft.AspNetCore.Builder;

/// <summary>The page to try a model on: files inside this assembly, so that it works offline.</summary>
public static class ImageClassificationPageExtensions
{
    // Nothing from elsewhere, nothing inline, nobody's frame; pictures that the visitor drops are shown from memory.
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly FrozenDictionary<string, (string Type, byte[] Bytes, string Tag)> Files = new[]
    {
        ("index.html", "text/html; charset=utf-8"), ("page.css", "text/css; charset=utf-8"), ("page.js", "text/javascript; charset=utf-8"),
        ("photos.js", "text/javascript; charset=utf-8"), ("card.js", "text/javascript; charset=utf-8"), ("icon.svg", "image/svg+xml"),
    }.ToFrozenDictionary(file => file.Item1, file => Read(file.Item1, file.Item2));

    /// <summary>
    /// Maps the page. It asks the endpoints of <see cref="ImageClassificationEndpointExtensions.MapImageClassification"/>, which must be at
    /// /v1 beside it; it holds no secret, so that no key is asked for to see it.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    public static void MapImageClassificationPage(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        endpoints.MapGet("/", (HttpContext context) => Serve(context, "index.html")).ExcludeFromDescription();
        foreach (string name in Files.Keys.Where(name => name != "index.html"))
            endpoints.MapGet($"/page/{name}", (HttpContext context) => Serve(context, name)).ExcludeFromDescription();
    }

    private static FileContentHttpResult Serve(HttpContext context, string name)
    {
        (string type, byte[] bytes, string tag) = Files[name];
        IHeaderDictionary headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-cache";
        return TypedResults.Bytes(bytes, type, entityTag: new EntityTagHeaderValue(tag));
    }

    private static (string Type, byte[] Bytes, string Tag) Read(string name, string type)
    {
        using Stream? resource = typeof(ImageClassificationPageExtensions).Assembly.GetManifestResourceStream($"page/{name}");
        byte[] bytes = new byte[resource?.Length ?? throw new InvalidOperationException($"The assembly lacks its page's {name}.")];
        resource.ReadExactly(bytes);
        return (type, bytes, $"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))[..16]}\"");
    }
}
