// The list of photos: each is sent by itself, a few at a time, and shows its answer or why there is none.
const atOnce = 4;
const tries = 8;
const percent = (share) => `${(100 * share).toFixed(1)} %`;

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

export class PhotoList {
  #list; #status; #page; #waiting = []; #running = 0; #threshold = 0; #counts = { sent: 0, read: 0, failed: 0 };

  /** page: { send(file), sawVersion(version), changed(count) } */
  constructor(list, status, page) { this.#list = list; this.#status = status; this.#page = page; }

  say(text) { this.#status.textContent = text; }

  add(files) {
    for (const file of files) {
      const item = element("li", "photo");
      item.append(this.#thumbnail(file), element("div"));
      item.lastChild.append(element("p", "name", file.name), element("p", "verdict", "Waiting ..."));
      this.#list.append(item);
      this.#waiting.push({ file, item });
      this.#counts.sent++;
    }

    this.#page.changed(this.#list.children.length);
    this.#next();
  }

  clear() {
    for (const image of this.#list.querySelectorAll("img")) URL.revokeObjectURL(image.src);
    this.#list.replaceChildren();
    this.#waiting = [];
    this.#counts = { sent: 0, read: 0, failed: 0 };
    this.say("");
    this.#page.changed(0);
  }

  setThreshold(threshold) {
    this.#threshold = threshold;
    for (const item of this.#list.children) this.#mark(item);
  }

  #thumbnail(file) {
    const image = element("img");
    image.alt = "";
    image.src = URL.createObjectURL(file);
    image.addEventListener("error", () => image.replaceWith(element("div", "blank")), { once: true });
    return image;
  }

  #next() {
    while (this.#running < atOnce && this.#waiting.length > 0) {
      this.#running++;
      this.#run(this.#waiting.shift()).finally(() => { this.#running--; this.#next(); });
    }
  }

  async #run({ file, item }) {
    try {
      const response = await this.#sendPatiently(file);
      const answer = await response.json();
      if (response.ok) this.#show(item, answer);
      else this.#fail(item, answer.detail ?? `The server answered ${response.status}.`);
    } catch {
      this.#fail(item, "The server cannot be reached.");
    }

    const { sent, read, failed } = this.#counts;
    const text = `${read + failed} of ${sent} photos answered`;
    this.say(failed > 0 ? `${text}, ${failed} of them could not be read.` : `${text}.`);
  }

  // A server that is busy says how long.
  async #sendPatiently(file) {
    for (let i = 1; ; i++) {
      const response = await this.#page.send(file);
      if (response.status !== 429 || i === tries) return response;
      const seconds = Number(response.headers.get("Retry-After")) || 1;
      await new Promise((resume) => setTimeout(resume, 1000 * seconds));
    }
  }

  #show(item, answer) {
    this.#counts.read++;
    const [prediction] = answer.predictions;
    item.dataset.probability = prediction.probability;
    item.querySelector(".verdict").textContent = `${prediction.predictedLabel} (${percent(prediction.probability)})`;
    const bars = element("ul", "bars");
    bars.setAttribute("aria-label", "Likeliest labels");
    for (const { label, probability } of prediction.labels) {
      const row = element("li");
      const track = element("div", "track");
      const fill = element("div", "fill");
      fill.style.width = percent(probability).replace(" ", "");
      track.append(fill);
      track.setAttribute("aria-hidden", "true");
      row.append(element("span", "label", label), track, element("span", "share", percent(probability)));
      bars.append(row);
    }

    item.lastChild.append(bars);
    this.#mark(item);
    this.#page.sawVersion(answer.version);
  }

  #fail(item, reason) {
    this.#counts.failed++;
    item.classList.add("failed");
    item.querySelector(".verdict").textContent = reason;
  }

  #mark(item) {
    const isUnsure = Number(item.dataset.probability) < this.#threshold;
    item.classList.toggle("unsure", isUnsure);
    const verdict = item.querySelector(".verdict");
    const tag = verdict.querySelector(".tag");
    if (isUnsure && !tag) verdict.append(element("span", "tag", "unsure"));
    if (!isUnsure) tag?.remove();
  }
}
