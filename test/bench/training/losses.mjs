// Whether all rows have trained the same network on the same batch.

/** float32, some layers and two updates apart. */
const TOLERANCE = 1e-4;

/** Every row whose losses of the first steps are not those of the first row of its net. */
export function differences({ measurements, nets }) {
  return nets.flatMap(({ name: net }) => {
    const found = measurements.filter((m) => m.net === net);
    const [first] = found;
    const rows = [...new Map(found.map((m) => [m.row, m])).values()];
    return rows
      .map(({ row, losses }) => ({ net, row, from: first.row, worst: worstOf(losses, first.losses) }))
      .filter(({ worst }) => !(worst <= TOLERANCE));
  });
}

function worstOf(losses, others) {
  return Math.max(...losses.map((loss, i) => Math.abs(loss - others[i]) / Math.abs(others[i])));
}
