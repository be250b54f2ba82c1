// Wires the page together: which model, which key, where photos come from.
import { showCard, showCalls } from "./card.js";
import { PhotoList } from "./photos.js";

const byId = (id) => document.getElementById(id);
const keyName = "imagetrainer-key";
let card = null;

/** Asks the server, with the key where there is one; shows the field for a key where the server wants another. */
async function ask(path, options = {}) {
  const key = sessionStorage.getItem(keyName);
  const headers = key ? { ...options.headers, "X-API-Key": key } : options.headers;
  const response = await fetch(path, { ...options, headers });
  byId("key-form").hidden = response.status !== 401;
  return response;
}

const photos = new PhotoList(byId("results"), byId("status"), {
  send: (file) => ask(`v1/models/${encodeURIComponent(byId("model").value)}:predict?top=5`, { method: "POST", body: file }),
  // An answer of another version: the model was replaced while the page was open.
  sawVersion: (version) => { if (card && version !== card.version) loadCard(true); },
  changed: (count) => { byId("clear").hidden = count === 0; },
});

async function loadModels() {
  const response = await ask("v1/models");
  if (!response.ok) {
    byId("card").replaceChildren(Object.assign(document.createElement("p"), {
      textContent: response.status === 401 ? "Give the key to see the model." : "The server does not say which models there are.",
    }));
    return;
  }

  const { models } = await response.json();
  byId("model").replaceChildren(...models.map((model) => new Option(model.name, model.name)));
  await loadCard(false);
}

async function loadCard(isReplaced) {
  const response = await ask(`v1/models/${encodeURIComponent(byId("model").value)}`);
  if (!response.ok) return;
  card = await response.json();
  document.title = `${card.name} - ImageTrainer`;
  showCard(byId("card"), card);
  showCalls(byId("calls"), card.name);
  if (isReplaced) photos.say("The model was replaced; new photos are answered by the new one.");
}

function setThreshold() {
  byId("threshold-text").textContent = `${byId("threshold").value} %`;
  photos.setThreshold(byId("threshold").value / 100);
}

byId("files").addEventListener("change", (event) => { photos.add([...event.target.files]); event.target.value = ""; });
byId("threshold").addEventListener("input", setThreshold);
byId("clear").addEventListener("click", () => { photos.clear(); byId("files").focus(); });
byId("model").addEventListener("change", () => loadCard(false));
byId("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(keyName, byId("key").value);
  loadModels();
});
for (const name of ["dragenter", "dragover"]) {
  document.addEventListener(name, (event) => { event.preventDefault(); document.body.classList.add("dragging"); });
}
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) document.body.classList.remove("dragging"); });
document.addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("dragging");
  photos.add([...event.dataTransfer.files]);
});
document.addEventListener("paste", (event) => photos.add([...event.clipboardData.files]));

setThreshold();
loadModels();
