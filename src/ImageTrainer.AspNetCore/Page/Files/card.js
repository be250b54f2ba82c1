// What the model says of itself, and how to call it.
const mostClasses = 30;
const percent = (share) => `${(100 * share).toFixed(1)} %`;
const day = (text) => new Date(text).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

function element(name, text) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  return made;
}

export function showCard(place, card) {
  const facts = element("dl");
  const add = (term, text) => { if (text) facts.append(element("dt", term), element("dd", text)); };
  const { training } = card;
  if (training) {
    add("Accuracy", `${percent(training.accuracy)} on ${training.imageCount} photos it had not seen `
      + `(95 % interval ${percent(training.accuracyLower)} to ${percent(training.accuracyUpper)})`);
    add("Trained", day(training.trainedAt));
  } else if (card.metrics.microAccuracy !== undefined) {
    add("Accuracy", `${percent(card.metrics.microAccuracy)} on photos it had not seen`);
  }

  add("Trained on", `${card.trainImageCount} photos`);
  add("Network", `${card.backbone}, ${card.precision}, ${card.inputSize} px${card.fineTunedStages ? `, fine-tuned: ${card.fineTunedStages}` : ""}`);
  add("Runs on", card.device);
  add("Serving since", day(card.loadedAt));
  add("Version", card.version.slice(0, 12));
  add("Newer file refused", card.reloadFailure);
  add(`Classes (${card.labels.length})`, card.labels.join(", "));
  place.replaceChildren(facts);
  if (training?.confusion && card.labels.length <= mostClasses) place.append(confusion(card.labels, training.confusion));
}

function confusion(labels, counts) {
  const scroll = element("div");
  scroll.className = "scroll";
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "group");
  scroll.setAttribute("aria-label", "Confusion matrix");
  const table = element("table");
  table.append(element("caption", "A row is what a photo shows, a column what the model says"));
  const head = table.createTHead().insertRow();
  for (const label of ["", ...labels]) {
    const cell = element(label ? "th" : "td", label);
    if (label) cell.scope = "col";
    head.append(cell);
  }

  const body = table.createTBody();
  counts.forEach((row, actual) => {
    const line = body.insertRow();
    line.append(Object.assign(element("th", labels[actual]), { scope: "row" }));
    row.forEach((count, predicted) => {
      const cell = line.insertCell();
      cell.textContent = count;
      if (predicted === actual) cell.className = "right";
    });
  });
  scroll.append(table);
  const title = element("h3", "Confusion matrix");
  const block = element("div");
  block.append(title, scroll);
  return block;
}

export function showCalls(place, name) {
  const url = new URL(`v1/models/${encodeURIComponent(name)}:predict`, document.baseURI).href;
  place.replaceChildren(
    ...call("curl", `curl --data-binary @photo.jpg ${url}`),
    ...call("C#", [
      "using var client = new HttpClient();",
      "using var photo = new ByteArrayContent(File.ReadAllBytes(\"photo.jpg\"));",
      `using var response = await client.PostAsync("${url}", photo);`,
      "Console.WriteLine(await response.Content.ReadAsStringAsync());",
    ].join("\n")));
}

function call(title, text) {
  const block = element("pre");
  block.tabIndex = 0;
  block.setAttribute("aria-label", `${title} call`);
  block.setAttribute("role", "group");
  block.append(element("code", text));
  const copy = element("button", `Copy the ${title} call`);
  copy.type = "button";
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      copy.textContent = "Copied";
    } catch {
      // Without https the clipboard is closed: select the text instead.
      getSelection().selectAllChildren(block);
      copy.textContent = "Press Ctrl+C";
    }
    setTimeout(() => { copy.textContent = `Copy the ${title} call`; }, 2000);
  });
  return [element("h3", title), block, copy];
}
