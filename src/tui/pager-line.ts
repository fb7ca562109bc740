/** The line of `raftctl` that says what a view shows, for a pager: `!`. */
import type { Scene } from './scene.ts';
import { VIEWS, type ViewName } from './ui.ts';

/** @returns null: there is none. */
export function pagerWords(scene: Scene): readonly string[] | null {
  const { ui, replay, now } = scene;
  if (ui.view === 'profiles') {
    const chosen = scene.profiles[Math.min(ui.row, scene.profiles.length - 1)];
    return chosen?.kind === 'cpuprofile' ? ['profile', 'top', chosen.file] : null;
  }
  if (replay !== null) {
    // A recording may hold several clusters.
    const name = scene.clusters.length < 2 ? [] : [now.cluster];
    if (ui.view === 'elections') {
      const flag = name.length === 0 ? [] : ['--cluster', ...name];
      return ['elections', 'list', '--recording', replay, ...flag];
    }
    return ['top', ...name, '--replay', replay, ...onceOf(ui.view)];
  }
  const { scope } = ui;
  const folder = scope.slice(scope.indexOf('--cluster') + 2);
  switch (ui.view) {
    case 'overview':
      return ['cluster', 'status', now.cluster, ...folder];
    case 'replication':
      return ['member', 'list', ...scope];
    case 'elections':
      return ['elections', 'list', ...scope];
    case 'logs':
      return ['node', 'logs', '--lines', '1000', ...scope];
    default:
      return ['top', now.cluster, ...onceOf(ui.view), ...folder];
  }
}

function onceOf(view: ViewName): string[] {
  return ['--once', '--view', VIEWS[view]];
}
