/**
 * How the person at the keyboard calls this program, so that what we print can be typed as it is.
 */

/**
 * Puts `npx` before a command line of ours when we were started through npm (`npm start`, `npx`):
 * then `raftctl` alone is in no path.
 */
export function typed(line: string, env: NodeJS.ProcessEnv = process.env): string {
  const isOurs = line === 'raftctl' || line.startsWith('raftctl ');
  if (!isOurs || (env['npm_execpath'] ?? '') === '') return line;
  return line.replace(/(^|&& )raftctl\b/g, '$1npx raftctl');
}
