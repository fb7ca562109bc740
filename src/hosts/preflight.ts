/**
 * Whether a machine can run its nodes, found out before anything is put there. What looks around
 * there is a script that the machine's own Node reads from stdin.
 */
import type { UnitManager } from '../cluster/topology.ts';
import { parseAddress } from '../std/address.ts';
import { formatBytes } from '../std/units.ts';

/** What a machine says of itself. */
export interface HostFacts {
  /** Of Node: `v20.19.0`. */
  readonly version: string;
  /** The folder, absolute. */
  readonly directory: string;
  /** Why the folder cannot be made or written to; null: it can. */
  readonly directoryError: string | null;
  readonly freeBytes: number | null;
  readonly hasTar: boolean;
  readonly nowMs: number;
  /** By address: why it cannot be bound, as the system calls that. */
  readonly ports: Readonly<Record<string, string>>;
  /** Only where nodes are to be units. */
  readonly systemd?: SystemdFacts;
}

export interface SystemdFacts {
  readonly manager: UnitManager;
  readonly user: string;
  /** What keeps its systemctl from answering, in its words; null: it answers. */
  readonly trouble: string | null;
  /** Whether what a user started goes on without that user; null: it does not matter. */
  readonly lingers: boolean | null;
  readonly isRoot: boolean;
}

export interface PreflightWish {
  readonly directory: string;
  /** `host:port`, all that are to be bound there. */
  readonly addresses: readonly string[];
  readonly units?: UnitManager;
}

/** Node 20.19, as package.json says. */
const NODE_MIN = [20, 19] as const;
/** A log, its next segment, a snapshot, the program. */
const FREE_BYTES_MIN = 1024 * 1024 * 1024;
/** Certificates begin to be good when they are made. */
const CLOCK_MS_MAX = 60_000;
const CLOCK_MS_NOTED = 1000;

/** For a Node of any age: it is there to find that out. */
export function preflightScript({ directory, addresses, units }: PreflightWish): string {
  const ports = addresses.map((text) => ({ text, ...parseAddress(text) }));
  return `
var fs = require('fs'), net = require('net'), os = require('os'), path = require('path');
var wish = ${JSON.stringify({ directory, ports, units })};
var folder = path.resolve(os.homedir(), wish.directory);
var facts = { version: process.version, directory: folder, directoryError: null, freeBytes: null, ports: {} };
try {
  fs.mkdirSync(folder, { recursive: true, mode: 448 });
  fs.accessSync(folder, fs.constants.W_OK);
  if (fs.statfsSync) { var disk = fs.statfsSync(folder); facts.freeBytes = disk.bavail * disk.bsize; }
} catch (error) { facts.directoryError = error.code || error.message; }
facts.hasTar = !require('child_process').spawnSync('tar', ['--version']).error;
if (wish.units) facts.systemd = systemd(wish.units);
function systemd(manager) {
  var uid = process.getuid(), user = os.userInfo().username, mine = manager === 'user';
  process.env.XDG_RUNTIME_DIR = process.env.XDG_RUNTIME_DIR || '/run/user/' + uid;
  function ask(program, words) {
    return require('child_process').spawnSync(program, words, { encoding: 'utf8' });
  }
  var said = ask('systemctl', (mine ? ['--user'] : []).concat(['show', '--property=Version']));
  var trouble = said.error ? 'there is no program systemctl'
    : said.status === 0 ? null : said.stderr.trim().split('\\n')[0] || 'exit code ' + said.status;
  var linger = mine ? ask('loginctl', ['show-user', user, '--property=Linger', '--value']) : null;
  var lingers = linger === null ? null : (linger.stdout || '').trim() === 'yes';
  return { manager: manager, user: user, trouble: trouble, lingers: lingers, isRoot: uid === 0 };
}
var left = wish.ports.length;
function done() {
  facts.nowMs = Date.now();
  process.stdout.write(JSON.stringify(facts));
}
if (left === 0) done();
wish.ports.forEach(function (one) {
  var server = net.createServer();
  function end(code) { if (code) facts.ports[one.text] = code; left -= 1; if (left === 0) done(); }
  server.once('error', function (error) { end(error.code); });
  server.listen({ host: one.host, port: one.port, exclusive: true }, function () {
    server.close(function () { end(null); });
  });
});
`;
}

/** When the question left and when the answer came. */
export interface AskedAt {
  readonly sentMs: number;
  readonly receivedMs: number;
}

export interface Fitness {
  /** In words, each naming what to do; empty: it can. */
  readonly problems: readonly string[];
  /** What should be known, and keeps nobody from starting. */
  readonly notes: readonly string[];
}

/** Pure. */
export function judgeHost(facts: HostFacts, asked: AskedAt): Fitness {
  const problems: string[] = [];
  const [, major = '0', minor = '0'] = /^v(\d+)\.(\d+)/.exec(facts.version) ?? [];
  const [majorMin, minorMin] = NODE_MIN;
  if (Number(major) < majorMin || (Number(major) === majorMin && Number(minor) < minorMin)) {
    problems.push(
      `its Node is ${facts.version}, and must be ${NODE_MIN.join('.')} or newer: install one and name it in node = "/path"`,
    );
  }
  if (!facts.hasTar) problems.push('it has no tar, which unpacks the program there: install it');
  if (facts.directoryError !== null) {
    problems.push(
      `${facts.directory} cannot be written to (${facts.directoryError}): choose another one in directory = "/path"`,
    );
  }
  if (facts.freeBytes !== null && facts.freeBytes < FREE_BYTES_MIN) {
    problems.push(
      `${facts.directory} has ${formatBytes(facts.freeBytes)} free, and needs ` +
        `${formatBytes(FREE_BYTES_MIN)}: make room or choose another one`,
    );
  }
  if (facts.systemd !== undefined) problems.push(...systemdProblems(facts.systemd));
  for (const [address, code] of Object.entries(facts.ports))
    problems.push(portProblem(address, code));
  const offMs = clockOffsetMs(facts.nowMs, asked);
  const clock = `its clock is ${(Math.abs(offMs) / 1000).toFixed(1)} s ${offMs > 0 ? 'ahead' : 'behind'}`;
  if (Math.abs(offMs) > CLOCK_MS_MAX) problems.push(`${clock}: set it, for example by NTP`);
  else if (Math.abs(offMs) > CLOCK_MS_NOTED) return { problems, notes: [clock] };
  return { problems, notes: [] };
}

function systemdProblems({ manager, user, trouble, lingers, isRoot }: SystemdFacts): string[] {
  const without = 'leave --systemd out: nodes go on without it, until the machine ends';
  if (trouble !== null) {
    const other = manager === 'user' && isRoot ? '--systemd system, or ' : '';
    return [`its systemd does not answer (${trouble}): ${other}${without}`];
  }
  if (manager === 'system' && !isRoot) {
    return [`${user} may not write units of the machine: log in as root, or use --systemd user`];
  }
  if (lingers === false) {
    return [
      `what ${user} starts there ends with the last login: once, there: loginctl enable-linger ${user}`,
    ];
  }
  return [];
}

function portProblem(address: string, code: string): string {
  if (code === 'EADDRINUSE') {
    return `${address} is in use there: end what has it, or choose other ports with --port-base`;
  }
  if (code === 'EADDRNOTAVAIL') {
    return `${address} is no address of it: name one of its own in address = "..."`;
  }
  return `${address} cannot be bound there (${code})`;
}

/** How far a clock is off for certain: what the question's way may have taken does not count. */
export function clockOffsetMs(nowMs: number, { sentMs, receivedMs }: AskedAt): number {
  if (nowMs < sentMs) return nowMs - sentMs;
  return Math.max(0, nowMs - receivedMs);
}
