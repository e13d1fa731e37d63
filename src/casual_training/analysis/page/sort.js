// Makes each heading of a table a button that sorts its rows by that column: up, then down. Words stand below figures
// and dashes below both, whichever way it sorts.
const collator = new Intl.Collator("en", { numeric: true });
const figure = /^[-+]?[\d,]*\.?\d+(?![\d.,]| of )/;

function key(cell) {
  const text = cell.textContent.trim();
  const found = text.match(figure);
  return found ? [0, Number(found[0].replaceAll(",", ""))] : [text === "-" || text === "" ? 2 : 1, text];
}

function compare([rank, value], [otherRank, other], sign) {
  if (rank !== otherRank) return rank - otherRank;
  return sign * (rank === 0 ? value - other : collator.compare(value, other));
}

for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const sign = heading.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", sign === 1 ? "ascending" : "descending");
      const rows = [...body.rows].map((row) => [key(row.cells[column]), row]);
      rows.sort(([one], [other]) => compare(one, other, sign));
      body.append(...rows.map(([, row]) => row));
    });
  });
}
