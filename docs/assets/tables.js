// Tables that fit: names may break after their dots, slashes and underscores, and each cell knows the heading of its
// column, which site.css shows on a narrow screen.
for (const table of document.querySelectorAll(".md-typeset table:not([class])")) {
  for (const code of table.querySelectorAll("td code")) {
    const parts = code.textContent.split(/(?<=[._/=(:])(?=\w)/);
    code.replaceChildren(...parts.flatMap((part) => [document.createElement("wbr"), part]).slice(1));
  }
  const headings = [...table.querySelectorAll("th")].map((heading) => heading.textContent.trim());
  for (const row of table.querySelectorAll("tbody tr")) {
    [...row.cells].forEach((cell, column) => {
      if (column > 0) cell.dataset.heading = headings[column];
    });
  }
}
