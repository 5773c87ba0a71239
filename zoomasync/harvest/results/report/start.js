// A figure stays hidden until its chart is drawn, so the page is complete without scripts. `ast` selects Vega's own
// interpreter, because the page's security policy forbids eval.
for (const figure of document.querySelectorAll("figure[data-chart]")) {
  const spec = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
  figure.hidden = false;
  vegaEmbed(figure.querySelector(".chart"), spec, { actions: false, ast: true, renderer: "svg" }).catch((error) => {
    figure.hidden = true;
    console.error(error);
  });
}
