// onnxruntime-node and sharp as a peer: `node onnxruntime.mjs MODEL.onnx THREADS SIDE`.
// Reads one request a line, {"work": "...", "paths": [...]}, and answers each with one line of JSON; seconds are measured in here.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import ort from 'onnxruntime-node';
import sharp from 'sharp';

const [model, threads, side] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const batchSize = 4;
const planeLength = side * side;
const pixelLength = 3 * planeLength;

sharp.concurrency(1); // Photos are decoded side by side instead, which is faster for many small jobs.
sharp.cache(false); // Every round decodes; nothing is remembered from the round before.
const session = await ort.InferenceSession.create(model, { intraOpNumThreads: threads, interOpNumThreads: 1, executionMode: 'sequential' });

// [H, W, 3] bytes become [3, H, W] floats, 0..255; normalisation is part of the network.
async function readPixels(path, destination) {
  const pixels = await sharp(path).autoOrient().resize(side, side, { fit: 'cover' }).removeAlpha().toColourspace('srgb').raw().toBuffer();
  for (let i = 0, at = 0; i < planeLength; i++, at += 3) {
    destination[i] = pixels[at];
    destination[planeLength + i] = pixels[at + 1];
    destination[2 * planeLength + i] = pixels[at + 2];
  }
}

async function readBatch(paths) {
  const pixels = new Float32Array(paths.length * pixelLength);
  await Promise.all(paths.map((path, i) => readPixels(path, pixels.subarray(i * pixelLength, (i + 1) * pixelLength))));
  return new ort.Tensor('float32', pixels, [paths.length, 3, side, side]);
}

// The next batch is decoded while the network runs over this one.
async function featurize(paths) {
  const batches = [];
  for (let at = 0; at < paths.length; at += batchSize) batches.push(paths.slice(at, at + batchSize));
  const features = [];
  let next = readBatch(batches[0]);
  for (let i = 0; i < batches.length; i++) {
    const pixels = await next;
    next = i + 1 < batches.length ? readBatch(batches[i + 1]) : null;
    features.push((await session.run({ Pixels: pixels })).Features.data);
  }
  return features;
}

const works = {
  async versions() {
    const require = createRequire(import.meta.url);
    const { version } = JSON.parse(readFileSync(require.resolve('onnxruntime-node/package.json')));
    return { text: `node ${process.versions.node}, onnxruntime-node ${version}, sharp ${sharp.versions.sharp} (libvips ${sharp.versions.vips})` };
  },
  async features({ paths }) {
    const start = performance.now();
    const features = await featurize(paths);
    return { seconds: (performance.now() - start) / 1000, features: Array.from(features[0].slice(0, session.outputMetadata?.[0]?.shape?.[1] ?? 2048)) };
  },
  async latency({ paths }) {
    const seconds = [];
    for (const path of paths) {
      const start = performance.now();
      await featurize([path]);
      seconds.push((performance.now() - start) / 1000);
    }
    return { latencies: seconds };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(await works[request.work](request))}\n`);
}
