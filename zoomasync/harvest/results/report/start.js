// The charts are the extra: a figure stays hidden until its chart is drawn. `ast` is Vega's own interpreter, so that
// the page's policy can forbid eval.
for (const figure of document.querySelectorAll("figure[data-chart]")) {
  const spec = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
  figure.hidden = false;
  vegaEmbed(figure.querySelector(".chart"), spec, { actions: false, ast: true, renderer: "svg" }).catch((error) => {
    figure.hidden = true;
    console.error(error);
  });
}
