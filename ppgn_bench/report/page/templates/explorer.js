// A map of epsilons: a cell shows its samples and all that was measured there.
{
  const { places } = JSON.parse(document.getElementById("explorer-data").textContent)
  const root = document.getElementById("explorer-stage")
  const map = root.querySelector(".map")
  const [placeSelect, samplerSelect, measureSelect] = all("select", root)
  const state = { place: places[0], sampler: null, measure: 0, layer: 0, chosen: 0 }
  const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }

  const at = (down, across) => state.sampler.cells.findIndex(
    ({ at: place }) => place[0] === down && place[1] === across && place[2] === state.layer)

  function button(index) {
    const { values, lost, epsilons } = state.sampler.cells[index]
    const [text, interval, shade] = values[state.measure]
    const { name } = state.sampler.measures[state.measure]
    const made = element("button", {
      type: "button", textContent: lost ? `✕ ${text}` : text, className: lost ? "lost" : "",
      ariaPressed: String(index === state.chosen), tabIndex: index === state.chosen ? 0 : -1,
      ariaLabel: `${epsilons}: ${name} ${text}${interval && `, ${interval}`}`, title: epsilons,
    })
    made.dataset.cell = index
    if (shade !== null) made.style.setProperty("--shade", `${Math.round(100 * shade)}%`)
    made.addEventListener("click", () => choose(index, true))
    return made
  }

  function drawMap() {
    const [down, across] = state.sampler.axes
    map.style.gridTemplateColumns = `auto repeat(${across.values.length}, minmax(var(--cell), 1fr))`
    const head = element("span", { className: "corner", textContent: `${down.name} ↑\n${across.name} →` })
    const rows = down.values.flatMap((value, row) => [
      element("span", { className: "axis", textContent: value }),
      ...across.values.map((_, column) => {
        const index = at(row, column)
        return index < 0 ? element("span", { className: "gap" }) : button(index)
      }),
    ])
    const top = across.values.map((value) => element("span", { className: "axis top", textContent: value }))
    map.replaceChildren(head, ...top, ...rows)
  }

  function samples() {
    const { source, size, rows, count, targets } = state.sampler
    const row = rows[state.chosen] ?? -1
    if (row < 0) return element("p", { className: "note", textContent: "No pictures of this cell were kept." })
    return element("div", { className: "chosen" }, ...targets.map((name, column) => {
      const made = tile(source, size, count, targets.length)
      show(made, size, row, column)
      return element("figure", {}, made, element("figcaption", { textContent: name }))
    }))
  }

  function drawCell() {
    const cell = state.sampler.cells[state.chosen]
    const body = element("tbody")
    state.sampler.measures.forEach(({ name, unit, real }, index) => {
      const [text, interval] = cell.values[index]
      body.append(element("tr", {},
        element("th", { scope: "row" }, name, element("small", { textContent: unit })),
        element("td", {}, text, element("small", { textContent: interval })), element("td", { textContent: real })))
    })
    const head = element("tr", {}, ...["measure", "here", "real images"].map(
      (text) => element("th", { scope: "col", textContent: text })))
    const table = element("table", {}, element("thead", {}, head), body)
    const title = `${state.sampler.title}: ${cell.epsilons}`
    const lost = cell.lost ? [element("p", { className: "bad", textContent: "More than half of the chains diverged." })] : []
    root.querySelector(".cell").replaceChildren(
      element("h3", { textContent: title }), ...lost, samples(), element("div", { className: "scroll" }, table))
  }

  function choose(index, focus) {
    state.chosen = index
    state.layer = state.sampler.cells[index].at[2]
    drawMap()
    drawCell()
    if (focus) map.querySelector("[aria-pressed=true]").focus()
  }

  function best() {
    const shades = state.sampler.cells.map(({ at: place, values }) =>
      place[2] === state.layer ? values[state.measure][2] ?? -1 : -2)
    return shades.indexOf(Math.max(...shades))
  }

  function chooseSampler(sampler) {
    const { name } = state.sampler?.measures[state.measure] ?? { name: "FD (judge)" }
    const measure = Math.max(0, sampler.measures.findIndex((one) => one.name === name))
    Object.assign(state, { sampler, measure, layer: 0 })
    fill(measureSelect, sampler.measures.map((one) => `${one.name}, ${one.unit}`))
    measureSelect.value = measure
    choices(root.querySelector(".choices"), sampler.layers, (layer) => {
      const [down, across] = sampler.cells[state.chosen].at
      state.layer = layer
      choose(at(down, across) < 0 ? best() : at(down, across))
    })
    choose(best())
  }

  function choosePlace(place) {
    state.place = place
    fill(samplerSelect, place.samplers.map(({ title }) => title))
    chooseSampler(place.samplers[0])
  }

  map.addEventListener("keydown", (event) => {
    const move = MOVES[event.key]
    if (!move) return
    event.preventDefault()
    const [down, across] = state.sampler.cells[state.chosen].at
    const size = state.sampler.axes.map(({ values }) => values.length)
    let [row, column, next] = [down, across, -1]
    do { // over gaps, to the next cell in this direction
      [row, column] = [row + move[0], column + move[1]]
      next = at(row, column)
    } while (next < 0 && row >= 0 && column >= 0 && row < size[0] && column < size[1])
    if (next >= 0) choose(next, true)
  })
  fill(placeSelect, places.map(({ title }) => title))
  placeSelect.addEventListener("input", () => choosePlace(places[placeSelect.value]))
  samplerSelect.addEventListener("input", () => chooseSampler(state.place.samplers[samplerSelect.value]))
  measureSelect.addEventListener("input", () => { state.measure = Number(measureSelect.value); drawMap(); drawCell() })
  choosePlace(places[0])
}
