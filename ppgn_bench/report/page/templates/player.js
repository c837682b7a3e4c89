// Chains on one slider: the same step of every sampler.
{
  const { places } = JSON.parse(document.getElementById("player-data").textContent)
  const root = document.getElementById("player-stage")
  const [select, slider, button] = ["select", "input", ".play"].map((selector) => root.querySelector(selector))
  const state = { place: places[0], row: 0, tiles: [], timer: 0 }

  function draw() {
    const column = Number(slider.value)
    state.tiles.forEach((made) => show(made, state.place.size, state.row, column))
    const { steps } = state.place
    root.querySelector("output").value = `step ${steps[column]} of ${steps.at(-1)}`
    slider.ariaValueText = `step ${steps[column]}`
  }

  function stop() {
    clearInterval(state.timer)
    state.timer = 0
    button.textContent = "▶ play"
  }

  function play() {
    const last = Number(slider.max)
    if (Number(slider.value) === last) slider.value = 0
    button.textContent = "❚❚ pause"
    state.timer = setInterval(() => {
      slider.value = Number(slider.value) + 1
      draw()
      if (Number(slider.value) === last) stop()
    }, Math.max(60, 6000 / (last + 1))) // a chain of many draws in about six seconds
  }

  function choose(place) {
    stop()
    Object.assign(state, { place, row: 0 })
    state.tiles = place.chains.map(({ source }) => tile(source, place.size, place.targets.length, place.steps.length))
    root.querySelector(".chains").replaceChildren(...place.chains.map((chain, index) => {
      const figure = element("figure", {}, state.tiles[index],
        element("figcaption", {}, chain.title, element("small", { textContent: chain.small })))
      figure.style.borderTopColor = chain.colour
      return figure
    }))
    choices(root.querySelector(".choices"), place.targets, (row) => { state.row = row; draw() })
    slider.max = place.steps.length - 1
    slider.value = 0
    draw()
  }

  fill(select, places.map((place) => place.title))
  select.addEventListener("input", () => choose(places[select.value]))
  slider.addEventListener("input", () => { stop(); draw() })
  button.addEventListener("click", () => (state.timer ? stop() : play()))
  choose(places[0])
}
