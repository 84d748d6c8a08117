// Writes what stands where on the page, in its own pixels, as JSON into the document.
const ROLES = {BUTTON: "button", A: "link", SELECT: "combo_box", TH: "column_header", TD: "cell", TABLE: "table",
  TR: "row", NAV: "group", MAIN: "document", UL: "list", LI: "list_item", H1: "heading", H2: "heading", H3: "heading",
  P: "label", LABEL: "label", B: "label", DIV: "", SPAN: ""};
const KINDS = {checkbox: "check_box", password: "password_field", radio: "radio_button"};
const parts = [], places = new Map();
const box = rect => [rect.left, rect.top, rect.width, rect.height];
const clean = words => (words || "").replace(/\s+/g, " ").trim();

function roleOf(node) {
  const told = node.getAttribute("role");
  if (told) return told;
  if (node.tagName === "INPUT") return KINDS[node.type] || "text_field";
  if (node.tagName === "TH" && !clean(node.textContent)) return "";
  if (node.tagName === "TD" && node.querySelector("button")) return "";
  return ROLES[node.tagName] || "";
}

// The share of a grid of points in the rectangle at which this very thing is on top.
function clearOf(node, rect) {
  let seen = 0;
  for (let row = 1; row <= 3; row++) for (let column = 1; column <= 5; column++) {
    const top = document.elementFromPoint(rect.left + rect.width * column / 6, rect.top + rect.height * row / 4);
    if (top && (node.contains(top) || top.contains(node) && !top.classList.contains("veil"))) seen++;
  }
  return seen / 15;
}

function nameOf(node) {
  const told = node.getAttribute("aria-label");
  const by = node.getAttribute("aria-labelledby");
  if (told) return told;
  if (by) return clean(document.getElementById(by).textContent);
  if (node.labels && node.labels.length) return clean(node.labels[0].textContent);
  if (["TABLE", "TR", "NAV", "MAIN", "UL"].includes(node.tagName) || node.getAttribute("role") === "dialog") return "";
  return clean(node.textContent);
}

for (const node of document.querySelectorAll("#page *")) {
  const role = roleOf(node);
  const rect = node.getBoundingClientRect();
  if (!role || !rect.width || !rect.height) continue;
  let up = node.parentElement;
  while (up && !places.has(up)) up = up.parentElement;
  places.set(node, parts.length);
  const name = nameOf(node), states = [];
  if (node.disabled) states.push("disabled");
  if (node.checked || node.getAttribute("aria-checked") === "true") states.push("checked");
  if (role === "dialog") states.push("modal");
  const written = !["INPUT", "SELECT"].includes(node.tagName) && !node.getAttribute("aria-label") && role !== "switch";
  const label = node.labels && node.labels.length ? node.labels[0]
    : document.getElementById(node.getAttribute("aria-labelledby"));
  const around = role === "check_box" ? node.closest("label") : null;
  const value = node.tagName === "SELECT" ? node.value : node.tagName === "INPUT" && node.type !== "password"
    && node.type !== "checkbox" ? node.value : "";
  parts.push({role, name, value, states, rect: box((around || node).getBoundingClientRect()),
    text: around ? name : written ? name : value, phrase: node.dataset.p || "",
    parent: up ? places.get(up) : -1, clear: clearOf(around || node, (around || node).getBoundingClientRect()),
    label: label && !around ? box(label.getBoundingClientRect()) : null});
}
const out = document.createElement("script");
out.type = "application/json";
out.id = "parts";
out.textContent = JSON.stringify({parts, inner: [innerWidth, innerHeight]}).replaceAll("<", "\\u003c");
document.body.appendChild(out);
