/** Keys between clusters: a second, small one is watched beside the first for a while. */
import { raftctl } from '../figures/cluster.js';

const OTHER = 'other';
/** From the ports of the first cluster on. */
const PORTS_APART = 20;

export async function amongSeveral(tour) {
  const { cluster } = tour;
  const where = ['--dir', cluster.directory];
  const port = String(cluster.portBase + PORTS_APART);
  await raftctl('cluster', 'up', OTHER, '-n', '1', '--port-base', port, '--detach', ...where);
  try {
    await tour.beside(OTHER, (terminal) => keys(tour, terminal));
  } finally {
    await raftctl('cluster', 'destroy', OTHER, '--confirm', OTHER, ...where);
  }
}

async function keys(tour, terminal) {
  const first = /figures \[1\/2\]/;
  const second = /other \[2\/2\]/;
  await tour.check('C', 'the clusters that are watched, each with how it is', async () => {
    await terminal.shows(/figures +▲n\d[\s\S]*other +▲n1 .* healthy/);
    terminal.press('C', 'j');
    await terminal.shows(/Clusters: Enter[\s\S]*▸ other/);
    tour.keep('clusters', terminal);
    terminal.press('Enter');
    await terminal.shows(second);
  });
  await tour.check('( )', 'to the cluster before, to the next one', async () => {
    terminal.press('(');
    await terminal.shows(first);
    terminal.press(')');
    await terminal.shows(second);
  });
  await tour.check(':cluster', 'to a cluster by its name, `Tab` completes', async () => {
    terminal.type(':cluster fi');
    terminal.press('Tab');
    await terminal.shows(/:cluster figures/);
    terminal.press('Enter');
    await terminal.shows(first);
  });
  await tour.check('', 'a cluster that is not shown says that it lost its only node', async () => {
    terminal.type(`:cluster ${OTHER}`);
    terminal.press('Enter');
    await terminal.shows(second);
    terminal.press('K');
    await terminal.shows(/raftctl node kill n1 --cluster other/);
    terminal.press('y', '(');
    await terminal.shows(
      (text) => first.test(text) && /other .*! nobody leads, n1 down/.test(text),
    );
  });
}
