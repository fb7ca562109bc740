/**
 * Loaded into nodes with `--require`: on SIGUSR2 the process reads from the file `FAULT_FILE` what
 * is to go wrong with it, and for how long.
 *
 *   {"kind":"stall","ms":2000}       computes without a break
 *   {"kind":"gc","ms":2000}          collects garbage, again and again
 *   {"kind":"slowDisk","ms":2000}    the next write to its log takes that long
 *   {"kind":"partition","ms":2000}   nothing gets through its connections with other nodes
 */
const fs = require('node:fs');
const net = require('node:net');
const v8 = require('node:v8');
const vm = require('node:vm');

const GARBAGE_COUNT = 300_000;

v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc');
/** Something for the collector to walk. */
const ballast = [];

const sockets = new Set();
let isCut = false;

function isPeerPort(port) {
  const [from, to] = (process.env.FAULT_PEER_PORTS ?? '0-0').split('-').map(Number);
  return port >= from && port <= to;
}

/** Held back on both ways, not broken: what was on its way arrives when the fault is over. */
function cut(socket) {
  if (!isPeerPort(socket.remotePort) && !isPeerPort(socket.localPort)) return;
  socket.cork();
  socket.pause();
}

function take(socket) {
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
  if (isCut) process.nextTick(() => cut(socket));
}

const { connect } = net.Socket.prototype;
net.Socket.prototype.connect = function connectTaken(...args) {
  this.once('connect', () => take(this));
  return connect.apply(this, args);
};
const { emit } = net.Server.prototype;
net.Server.prototype.emit = function emitTaken(event, ...args) {
  if (event === 'connection') take(args[0]);
  return emit.call(this, event, ...args);
};

let slowMs = 0;
const { writevSync } = fs;
fs.writevSync = (...args) => {
  if (slowMs > 0) {
    const ms = slowMs;
    slowMs = 0;
    // The thread sleeps, as it does in a system call that does not come back.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  }
  return writevSync(...args);
};

function busy(ms, work) {
  const end = performance.now() + ms;
  while (performance.now() < end) work();
}

const FAULTS = {
  stall: (ms) => busy(ms, () => {}),
  gc: (ms) => {
    for (let i = 0; i < GARBAGE_COUNT; i += 1) ballast.push({ i });
    busy(ms, collect);
    ballast.length = 0;
  },
  slowDisk: (ms) => {
    slowMs = ms;
  },
  partition: (ms) => {
    isCut = true;
    for (const socket of sockets) cut(socket);
    setTimeout(() => {
      isCut = false;
      for (const socket of sockets) {
        socket.uncork();
        socket.resume();
      }
    }, ms);
  },
};

process.on('SIGUSR2', () => {
  const { kind, ms } = JSON.parse(fs.readFileSync(process.env.FAULT_FILE, 'utf8'));
  FAULTS[kind](ms);
});
