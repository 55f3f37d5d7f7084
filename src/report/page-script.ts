/**
 * What the page does in the browser: it draws the plots with Chart.js and sorts tables. It is text because it runs
 * there and nowhere else; it makes no markup, and asks nothing of the network.
 */
export const PAGE_SCRIPT = `"use strict";
(() => {
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const markLine = {
    id: "mark",
    afterDatasetsDraw(chart, _, options) {
      if (options.x === undefined) return;
      const { ctx, chartArea, scales } = chart;
      const x = scales.x.getPixelForValue(options.x);
      ctx.save();
      ctx.strokeStyle = ctx.fillStyle = style("--muted");
      ctx.setLineDash([4, 4]);
      ctx.beginPath();
      ctx.moveTo(x, chartArea.top);
      ctx.lineTo(x, chartArea.bottom);
      ctx.stroke();
      ctx.font = "12px system-ui, sans-serif";
      ctx.textAlign = x > (chartArea.left + chartArea.right) / 2 ? "right" : "left";
      ctx.fillText(options.name, x, chartArea.top - 6);
      ctx.restore();
    },
  };

  const dataset = ({ name, colour, dashed, points }) => ({
    label: name,
    data: points.map(([x, y]) => ({ x, y })),
    borderColor: style("--line-" + ((colour - 1) % 6 + 1)),
    backgroundColor: style("--line-" + ((colour - 1) % 6 + 1)),
    borderDash: dashed ? [6, 5] : [],
    borderWidth: 2,
    pointRadius: dashed || points.length > 60 ? 0 : 3,
    pointHitRadius: dashed ? 0 : 8,
  });

  const draw = (canvas) => {
    const plot = JSON.parse(canvas.dataset.plot);
    const [min, max] = plot.ends || [];
    const axis = (label, more) => ({
      type: "linear",
      min,
      max,
      title: { display: true, text: label, color: style("--muted") },
      ticks: { color: style("--muted"), maxRotation: 0, ...more },
      grid: { color: style("--grid") },
      border: { color: style("--grid") },
    });
    return new Chart(canvas, {
      type: "line",
      data: { datasets: plot.series.map(dataset) },
      plugins: [markLine],
      options: {
        animation: false,
        responsive: true,
        layout: { padding: { top: plot.mark ? 18 : 0 } },
        maintainAspectRatio: false,
        interaction: { mode: plot.wholeX ? "index" : "nearest", intersect: false },
        scales: {
          x: axis(plot.xLabel, plot.wholeX ? { precision: 0 } : {}),
          y: { ...axis(plot.yLabel, {}), beginAtZero: Boolean(plot.fromZero) },
        },
        plugins: {
          mark: plot.mark || {},
          legend: { display: plot.series.length > 1, position: "bottom", labels: { color: style("--text"), boxWidth: 18, boxHeight: 2 } },
          tooltip: { callbacks: { title: (items) => (items[0] ? plot.xLabel + " " + items[0].label : "") } },
        },
      },
    });
  };

  const canvases = [...document.querySelectorAll("canvas[data-plot]")];
  let charts = canvases.map(draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    for (const chart of charts) chart.destroy();
    charts = canvases.map(draw);
  });

  const valueOf = (row, column, kind) => {
    const cell = row.cells[column];
    if (kind === "text") return cell.textContent;
    return cell.dataset.value === "" ? null : Number(cell.dataset.value);
  };

  const sort = (table, header) => {
    const kind = header.dataset.kind;
    const first = kind === "text" ? "ascending" : "descending";
    const other = kind === "text" ? "descending" : "ascending";
    const order = header.getAttribute("aria-sort") === first ? other : first;
    for (const each of header.parentElement.cells) each.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", order);
    const sign = order === "ascending" ? 1 : -1;
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => ({ row, value: valueOf(row, header.cellIndex, kind) }));
    rows.sort((a, b) => {
      if (a.value === null || b.value === null) return (a.value === null) - (b.value === null);
      return sign * (kind === "text" ? a.value.localeCompare(b.value) : a.value - b.value);
    });
    body.append(...rows.map(({ row }) => row));
  };

  for (const table of document.querySelectorAll("table[data-sortable]")) {
    for (const header of table.tHead.rows[0].cells) {
      header.querySelector("button").addEventListener("click", () => sort(table, header));
    }
  }
})();
`;
