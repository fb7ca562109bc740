/** Hosts made of network namespaces: each has an address of its own on one switch. */
import { spawn, spawnSync } from 'node:child_process';

const SUBNET = '10.77.0';
const CLIENT = 100;

/** @throws when the command did not end well. */
function ip(...args) {
  const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr.trim()}`);
}

export class Network {
  #prefix = `raftctl-${process.pid}`;
  #made = [];
  #running = new Set();
  /** Names of the hosts, in their order. */
  hosts;

  /** Afterwards there are so many hosts, and one more called `client`. */
  constructor(count) {
    this.hosts = Array.from({ length: count }, (_, i) => `h${i + 1}`);
  }

  open() {
    this.#namespace('switch');
    ip('-n', this.#name('switch'), 'link', 'add', 'lan', 'type', 'bridge');
    ip('-n', this.#name('switch'), 'link', 'set', 'lan', 'up');
    for (const host of [...this.hosts, 'client']) this.#plug(host);
  }

  addressOf(host) {
    return `${SUBNET}.${host === 'client' ? CLIENT : Number(host.slice(1))}`;
  }

  /** Pulls a host's cable, or plugs it in again. */
  cable(host, state) {
    ip('-n', this.#name('switch'), 'link', 'set', `port-${host}`, state);
  }

  /** Makes what leaves a host slow. @returns how: by netem if the kernel has it, or by a rate. */
  slow(host) {
    const at = ['netns', 'exec', this.#name(host), 'tc', 'qdisc', 'replace', 'dev', 'eth0', 'root'];
    const netem = spawnSync('ip', [...at, 'netem', 'delay', '50ms', '10ms']);
    if (netem.status === 0) return 'delay of 50 ms (netem)';
    ip(...at, 'tbf', 'rate', '1mbit', 'burst', '4kb', 'latency', '400ms');
    return 'rate of 1 Mbit/s, queues of up to 400 ms (tbf; this kernel has no netem)';
  }

  unslow(host) {
    ip('netns', 'exec', this.#name(host), 'tc', 'qdisc', 'del', 'dev', 'eth0', 'root');
  }

  /** Starts a program on a host; it is ended with the network. */
  start(host, args, options) {
    const words = ['netns', 'exec', this.#name(host), process.execPath, ...args];
    const child = spawn('ip', words, options);
    this.#running.add(child);
    child.once('close', () => this.#running.delete(child));
    return child;
  }

  /** Runs a program on a host to its end. */
  async run(host, args, options = {}) {
    const child = this.start(host, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    return { code, stdout, stderr };
  }

  /** Ends what runs on the hosts and removes them, however far it had come. */
  async close() {
    const ends = [...this.#running].map(
      (child) => new Promise((done) => child.once('close', done)),
    );
    for (const child of this.#running) child.kill('SIGKILL');
    await Promise.all(ends);
    for (const name of this.#made.reverse()) spawnSync('ip', ['netns', 'del', name]);
    this.#made = [];
  }

  #name(host) {
    return `${this.#prefix}-${host}`;
  }

  #namespace(host) {
    ip('netns', 'add', this.#name(host));
    this.#made.push(this.#name(host));
    ip('-n', this.#name(host), 'link', 'set', 'lo', 'up');
  }

  #plug(host) {
    this.#namespace(host);
    const [there, here] = [this.#name('switch'), this.#name(host)];
    const port = `port-${host}`;
    ip('-n', there, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', here);
    ip('-n', there, 'link', 'set', port, 'master', 'lan', 'up');
    ip('-n', here, 'addr', 'add', `${this.addressOf(host)}/24`, 'dev', 'eth0');
    ip('-n', here, 'link', 'set', 'eth0', 'up');
  }
}
