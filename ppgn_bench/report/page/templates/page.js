// Everything here adds to a page that can be read without it.
const all = (selector, root = document) => [...root.querySelectorAll(selector)]

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties)
  made.append(...children)
  return made
}

// Light or dark: as the system says until the button is pressed.
const dark = matchMedia("(prefers-color-scheme: dark)")
document.getElementById("theme").addEventListener("click", () => {
  const now = document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")
  document.documentElement.dataset.theme = now === "dark" ? "light" : "dark"
})

// The entry of the section in sight is marked in the table of contents.
const watch = new IntersectionObserver((seen) => {
  for (const { target, isIntersecting } of seen) {
    document.querySelector(`nav a[href="#${target.id}"]`).classList.toggle("here", isIntersecting)
  }
}, { rootMargin: "-15% 0% -75% 0%" })
all("main > section").forEach((section) => watch.observe(section))

// A link to something folded opens it.
function openTarget() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)))
  for (let at = target; at; at = at.parentElement) if (at.localName === "details") at.open = true
}
addEventListener("hashchange", openTarget)
openTarget()

// On paper everything is open; afterwards it is as it was.
let unfolded = []
addEventListener("beforeprint", () => {
  unfolded = all("details:not([open], .listing)") // the settings are pages of JSON
  unfolded.forEach((fold) => { fold.open = true })
})
addEventListener("afterprint", () => unfolded.forEach((fold) => { fold.open = false }))

// Sorting: each column's header becomes a button: rising, falling, as it was.
const NEXT = { none: "ascending", ascending: "descending", descending: "none" }

function number(row, column) {
  const value = row.cells[column].dataset.value
  return value === undefined ? NaN : Number(value)
}

function compare(column, sign, a, b) {
  if (column === 0) return sign * a.cells[0].textContent.localeCompare(b.cells[0].textContent)
  const [x, y] = [number(a, column), number(b, column)]
  if (isNaN(x) || isNaN(y)) return isNaN(x) - isNaN(y) // what has no value stays below
  return sign * (x - y)
}

function sortable(table) {
  const body = table.tBodies[0]
  const original = [...body.rows]
  const heads = [...table.tHead.rows[0].cells]
  heads.forEach((head, column) => {
    head.ariaSort = "none"
    const button = element("button", { type: "button", className: "sort" })
    button.append(...head.childNodes)
    head.append(button)
    button.addEventListener("click", () => {
      const order = NEXT[head.ariaSort]
      heads.forEach((other) => { other.ariaSort = other === head ? order : "none" })
      const sign = order === "ascending" ? 1 : -1
      const rows = order === "none" ? original : [...original].sort((a, b) => compare(column, sign, a, b))
      body.append(...rows)
    })
  })
}
all("table.sortable").forEach(sortable)

// A table that goes on below its frame says so.
function cue(frame) {
  frame.classList.toggle("more", frame.scrollHeight - frame.clientHeight - frame.scrollTop > 8)
}
for (const frame of all(".sheet .scroll")) {
  frame.addEventListener("scroll", () => cue(frame), { passive: true })
  new ResizeObserver(() => cue(frame)).observe(frame)
}

// Filtering: what stands in a sheet's field holds for all of its tables.
function filter(sheet, { only, samplers, controls, intervals }) {
  const wanted = only.value.trim().toLowerCase()
  const rows = all("tbody tr", sheet)
  for (const row of rows) {
    const named = row.cells[0].textContent.toLowerCase().includes(wanted)
    row.hidden = !named || !(row.classList.contains("control") ? controls : samplers).checked
  }
  sheet.classList.toggle("bare", !intervals.checked)
  const count = (some) => new Set(some.map((row) => row.cells[0].textContent)).size // a row may stand in each table
  const [shown, every] = [count(rows.filter((row) => !row.hidden)), count(rows)]
  sheet.querySelector("output").value = shown === every ? "" : shown ? `${shown} of ${every} rows` : "nothing matches"
  all(".scroll", sheet).forEach(cue)
}

for (const sheet of all(".sheet")) {
  const form = sheet.querySelector("form")
  form.addEventListener("input", () => filter(sheet, form.elements))
  form.addEventListener("submit", (event) => event.preventDefault())
}

// Claims by verdict.
for (const list of all(".claims")) {
  const buttons = all("[data-verdict]", list)
  for (const button of buttons) {
    button.addEventListener("click", () => {
      const wanted = button.dataset.verdict
      buttons.forEach((other) => { other.ariaPressed = String(other === button) })
      for (const claim of all(".claim", list)) {
        claim.hidden = wanted !== "" && !claim.dataset.verdicts.split(",").includes(wanted)
      }
    })
  }
  const unfold = list.querySelector(".unfold")
  unfold.addEventListener("click", () => {
    const open = unfold.textContent === "open all"
    all(".claim", list).forEach((claim) => { claim.open = open })
    unfold.textContent = open ? "close all" : "open all"
  })
}

// Choices that player and explorer share: a select, buttons of which one is pressed, a tile of a sprite.
function fill(select, names) {
  select.replaceChildren(...names.map((name, value) => element("option", { value, textContent: name })))
}

function choices(place, names, chosen) {
  const buttons = names.map((name, index) => element("button", { type: "button", textContent: name, ariaPressed: index === 0 }))
  buttons.forEach((button, index) => button.addEventListener("click", () => {
    buttons.forEach((other) => { other.ariaPressed = String(other === button) })
    chosen(index)
  }))
  place.replaceChildren(...buttons)
  place.parentElement.hidden = names.length < 2
}

function tile(source, [width, height], rows, columns) {
  const made = element("div", { className: "pixels tile" })
  Object.assign(made.style, {
    width: `${width}px`, height: `${height}px`, backgroundImage: `url(${source})`,
    backgroundSize: `${columns * width}px ${rows * height}px`,
  })
  return made
}

function show(made, [width, height], row, column) {
  made.style.backgroundPosition = `${-column * width}px ${-row * height}px`
}
