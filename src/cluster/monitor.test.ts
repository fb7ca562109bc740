import { expect, test } from 'vitest';
import { vitalsOf } from '../../test/doubles/doctor-facts.ts';
import { factsOf, MONITOR_COLUMNS, type MonitorRow, monitorLine } from './monitor.ts';
import { parseNetwork, parseStorage, parseUsage } from './process-counters.ts';

test('factsOf tells the share of a core between two looks of one life', () => {
  const at = (monoMs: number, cpuUs: number) => {
    const vitals = vitalsOf('n1', {});
    return { ...vitals, process: { ...vitals.process, monoMs, cpuUs } };
  };
  expect(factsOf(at(3000, 900_000), at(1000, 400_000)).cpuPercent).toBe(25);
  expect(factsOf(at(3000, 900_000), null).cpuPercent).toBeNull();
  const other = at(1000, 400_000);
  const before = { ...other, status: { ...other.status, incarnation: 'other' } };
  expect(factsOf(at(3000, 900_000), before).cpuPercent).toBeNull();
});

test('monitorLine leaves empty what is not known', () => {
  const nothing = { diskReadBytes: null, diskWrittenBytes: null };
  const machine = { machineReceivedBytes: 7, machineSentBytes: 8 };
  const row: MonitorRow = { time: 't', node: 'n1', ...factsOf(null, null), ...nothing, ...machine };
  expect(monitorLine(row)).toBe('t,n1,false,,,,,,,,,,,,7,8');
  expect(MONITOR_COLUMNS).toHaveLength(Object.keys(row).length);
});

test('parseNetwork adds up the interfaces, parseStorage takes what reached storage', () => {
  const net =
    'Inter-| Receive\n face |bytes\n  lo: 100 1 0 0 0 0 0 0 200 1\neth0:30 1 0 0 0 0 0 0 4 1\n';
  expect(parseNetwork(net)).toEqual({ receivedBytes: 130, sentBytes: 204 });
  const io = 'rchar: 1\nwchar: 2\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 0\n';
  expect(parseStorage(io)).toEqual({ readBytes: 4096, writtenBytes: 8192 });
});

test('parseUsage takes processor and memory of a process, whatever its name holds', () => {
  const before = Array.from({ length: 11 }, (_, i) => (i === 0 ? 'S' : '7'));
  const times = ['250', '50', ...Array.from({ length: 8 }, () => '0')];
  const stat = `4711 (a) b (c) ${[...before, ...times, '25', '0'].join(' ')}`;
  expect(parseUsage(stat)).toEqual({ cpuMs: 3000, rssBytes: 25 * 4096 });
});
