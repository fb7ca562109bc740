import { expect, test } from 'vitest';
import { durations, foundBy, type Ill, vitalsOf } from '../../../test/doubles/doctor-facts.ts';
import { eventAt } from '../../../test/doubles/flight.ts';

const stalled = (delayMs: number, cpuMs: number, gcMs: number, s = 90): Ill => ({
  events: [eventAt({ s, node: 'n1', term: 2 }, 'process.stalled', { delayMs, cpuMs, gcMs })],
});
const leased = (ill: Ill): Ill => ({ ...ill, status: { leases: true } });
/** The second event says that so much more time has gone by than the first and its own clock. */
const stepped = (stepMs: number): Ill => {
  const at = (s: number) => eventAt({ s, node: 'n2', term: 2 }, 'peer.connected', { peer: 'n1' });
  const later = at(81);
  return { events: [at(80), { ...later, wallMs: later.wallMs + stepMs }] };
};
/** Of two looks ten seconds apart, the same but for what the second one says. */
const span = (after: Ill): Ill => ({
  ...after,
  spanMs: 10_000,
  nodes: { n1: { vitalsBefore: vitalsOf('n1', { process: { n1: { monoMs: 90_000 } } }) } },
});

test.each<[string, Ill, RegExp]>([
  [
    'RFT060',
    { process: { n2: { loopDelay: durations(100, 150) } } },
    /^n2: its loop comes late: p99 151 ms, at most 151 ms, since its start 1m 0s ago$/,
  ],
  ['RFT060', stalled(900, 800, 0), /^n1: 1 standstill in 10 minutes, the longest 900 ms$/],
  [
    'RFT061',
    { process: { n2: { gcPauses: durations(1, 250) } } },
    /^n2: longest pause 251 ms, 0.4 % of the time, 1 collection since/,
  ],
  [
    'RFT061',
    { process: { n2: { gcPauses: durations(1000, 8) } } },
    /^n2: longest pause 8.0 ms, 13.3 % of the time, 1,000 collections since/,
  ],
  ['RFT061', stalled(900, 880, 700), /^n1: 1 standstill in 10 minutes, the longest 900 ms$/],
  ['RFT062', stalled(2000, 5, 0), /^n1: 1 standstill in 10 minutes, the longest 2.0 s$/],
  [
    'RFT063',
    { process: { n1: { loopActiveMs: 57_000 } } },
    /^n1: its loop was busy 95 % of the time/,
  ],
  [
    'RFT063',
    span({ process: { n1: { loopActiveMs: 12_500 } } }),
    /^n1: its loop was busy 95 % of the time in the last 10.0 s$/,
  ],
  ['RFT064', leased(stalled(700, 0, 0)), /^n1: it stood still for 700 ms, a lease lasts 500 ms/],
  ['RFT070', { own: { n3: { version: '0.2.0' } } }, /^-: n1 0.1.0, n2 0.1.0, n3 0.2.0$/],
  ['RFT071', stepped(1500), /^n2: its wall clock was set 1.5 s ahead before peer.connected/],
  ['RFT071', stepped(-90_000), /^n2: its wall clock was set 1m 30s back before peer.connected/],
  [
    'RFT080',
    { nodes: { n2: { clientPort: 'refused' } } },
    /^n2: 127.0.0.1:11001 refuses connections, and the node is up$/,
  ],
  ['RFT080', { nodes: { n2: { clientPort: 'silent' } } }, /^n2: .* does not take connections/],
])('%s fires', (code, ill, evidence) => {
  const found = foundBy(code, ill);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(evidence);
});

test.each<[string, string, Ill]>([
  ['RFT060', 'one look came late', { process: { n2: { loopDelay: durations(1, 900) } } }],
  ['RFT060', 'it collected garbage', stalled(900, 880, 700)],
  ['RFT060', 'it was paused', stalled(900, 5, 0)],
  ['RFT060', 'it was long ago', stalled(900, 800, 0, -900)],
  ['RFT061', 'pauses are short and few', { process: { n2: { gcPauses: durations(500, 8) } } }],
  ['RFT061', 'it computed', stalled(900, 880, 20)],
  ['RFT062', 'it computed', stalled(900, 880, 20)],
  ['RFT063', 'it has time to wait', { process: { n1: { loopActiveMs: 50_000 } } }],
  ['RFT063', 'it was busy before that span', span({})],
  [
    'RFT063',
    'it has just started',
    { own: { n1: { uptimeMs: 900 } }, process: { n1: { loopActiveMs: 899 } } },
  ],
  ['RFT064', 'there are no leases', stalled(700, 0, 0)],
  ['RFT064', 'it was shorter than a lease', leased(stalled(400, 0, 0))],
  [
    'RFT064',
    'it does not lead',
    { ...leased(stalled(700, 0, 0)), status: { leases: true, leader: 'n2' } },
  ],
  ['RFT070', 'all run the same', {}],
  ['RFT071', 'clocks drift a little', stepped(900)],
  ['RFT080', 'it takes connections', {}],
  ['RFT080', 'the node is down', { nodes: { n2: { clientPort: 'refused', vitals: null } } }],
])('%s does not fire when %s', (code, _when, ill) => {
  expect(foundBy(code, ill)).toEqual([]);
});
