using System.Globalization;
using ImageTrainer.AspNetCore.Models;
using ImageTrainer.AspNetCore.Queueing;
using ImageTrainer.AspNetCore.Telemetry;
using ImageTrainer.Imaging;
using Microsoft.AspNetCore.Http;

namespace ImageTrainer.AspNetCore.Endpoints;

/// <summary>The answers to the images of one request.</summary>
/// <param name="Version">The version that gave them.</param>
/// <param name="Answers">One an image, in the order they were sent.</param>
internal sealed record AnsweredRequest(string Version, IReadOnlyList<ImageAnswer> Answers);

/// <summary>Asks the queue for the images of requests, within the limits of the service.</summary>
internal sealed class ImageAnswers
{
    private const int ClientLeft = 499;
    private readonly PredictionQueue _queue;
    private readonly ImageServingOptions _options;
    private readonly ServingServices _services;

    /// <param name="queue">The queue.</param>
    /// <param name="workers">Named, so that they run before anyone waits for them.</param>
    /// <param name="options">The limits.</param>
    /// <param name="services">Clock, log and measurements.</param>
    public ImageAnswers(PredictionQueue queue, PredictionWorkers workers, ImageServingOptions options, ServingServices services)
    {
        ArgumentNullException.ThrowIfNull(workers);
        (_queue, _options, _services) = (queue, options, services);
    }

    /// <summary>Reads a request, asks for its images and shapes the answer; refusals have a shape of their own.</summary>
    /// <param name="context">The request.</param>
    /// <param name="model">The model.</param>
    /// <param name="read">Takes the images out of the request.</param>
    /// <param name="refuse">Shapes a refusal from status and reason.</param>
    /// <param name="answer">Shapes the answer from the request and what the model says.</param>
    public async Task<IResult> RespondAsync<T>(
        HttpContext context,
        ServedModel model,
        Func<CancellationToken, Task<(T Request, IReadOnlyList<SentImage> Images)>> read,
        Func<int, string, IResult> refuse,
        Func<T, IReadOnlyList<SentImage>, AnsweredRequest, IResult> answer)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        using ITimer timer = _services.Time.CreateTimer(_ => Cancel(limit), null, _options.RequestTimeout, Timeout.InfiniteTimeSpan);
        bool isRead = false;
        try
        {
            if (_queue.IsFull) throw Full();
            (T request, IReadOnlyList<SentImage> images) = await read(limit.Token).ConfigureAwait(false);
            isRead = true;
            return answer(request, images, await AskAsync(model, images, limit.Token).ConfigureAwait(false));
        }
        catch (BadHttpRequestException exception)
        {
            return Refuse(context, model, refuse, exception.StatusCode, exception.Message);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return Refuse(context, model, refuse, ClientLeft, "The client has left.");
        }
        catch (OperationCanceledException)
        {
            int status = isRead ? StatusCodes.Status504GatewayTimeout : StatusCodes.Status408RequestTimeout;
            return Refuse(context, model, refuse, status, $"The request took longer than {_options.RequestTimeout.TotalSeconds:0.#} seconds.");
        }
        catch (ObjectDisposedException)
        {
            return Refuse(context, model, refuse, StatusCodes.Status503ServiceUnavailable, "The service is stopping.");
        }
    }

    private async Task<AnsweredRequest> AskAsync(ServedModel model, IReadOnlyList<SentImage> images, CancellationToken cancellationToken)
    {
        QueuedImage[] queued =
            [.. images.Select(image => new QueuedImage(model, new ImageInput(null, image.Bytes), image.Owner, wantsFeatures: false, cancellationToken))];
        bool isTaken = false;
        try
        {
            isTaken = _queue.TryAdd(queued);
            if (!isTaken) throw Full();
        }
        finally
        {
            if (!isTaken) Array.ForEach(queued, image => image.Release());
        }

        ImageAnswer[] answers = await Task.WhenAll(queued.Select(image => image.Answer)).ConfigureAwait(false);
        return new AnsweredRequest(queued[0].Version.Hash, answers);
    }

    private BadHttpRequestException Full() =>
        new($"The queue of {_options.QueueLimit} images is full; try again later.", StatusCodes.Status429TooManyRequests);

    private IResult Refuse(HttpContext context, ServedModel model, Func<int, string, IResult> refuse, int status, string reason)
    {
        if (status == StatusCodes.Status429TooManyRequests)
        {
            double seconds = Math.Max(1, Math.Ceiling(_queue.ExpectedWait.TotalSeconds));
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        _services.Metrics.CountRefusal(model.Name, status);
        _services.Log.RequestRefused(model.Name, status, reason);
        return refuse(status, reason);
    }

    // The clock may strike while the request ends.
    private static void Cancel(CancellationTokenSource limit)
    {
        try
        {
            limit.Cancel();
        }
        catch (ObjectDisposedException)
        {
        }
    }
}
