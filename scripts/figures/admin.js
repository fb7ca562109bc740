/** What nodes tell on their admin ports, and what the system tells of their processes. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';

const TIMEOUT_MS = 2000;
const BLOCK_BYTES = 512;

/** @returns the text of a page; null: no answer, or none that is well. */
export function page(port, path) {
  return new Promise((resolve) => {
    const call = request({ port, host: '127.0.0.1', path, agent: false }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => {
        text += chunk;
      });
      answer.on('end', () => resolve(answer.statusCode === 200 ? text : null));
    });
    call.setTimeout(TIMEOUT_MS, () => call.destroy());
    call.on('error', () => resolve(null));
    call.end();
  });
}

/** What a node says of itself; null: nothing. */
export async function statusOf(port) {
  const text = await page(port, '/v1/status');
  return text === null ? null : JSON.parse(text).data;
}

/** The sum over all labels of one metric of a page. 0: it is not there. */
export function metricOf(text, name) {
  let sum = 0;
  for (const line of text.split('\n')) {
    if (!line.startsWith(name)) continue;
    const rest = line.slice(name.length);
    if (rest[0] === '{' || rest[0] === ' ') sum += Number(rest.slice(rest.lastIndexOf(' ') + 1));
  }
  return sum;
}

/** Calls `onEvent` for each event of the given types from now on. @returns what ends it. */
export function follow(port, types, onEvent) {
  const path = `/v1/events?follow=1&types=${types.join(',')}`;
  const call = request({ port, host: '127.0.0.1', path, agent: false }, (answer) => {
    let rest = '';
    answer.on('data', (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop();
      for (const line of lines) if (line !== '') onEvent(JSON.parse(line));
    });
    answer.on('error', () => {});
  });
  call.on('error', () => {});
  call.end();
  return () => call.destroy();
}

export function residentBytesOf(pid) {
  const match = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match[1]) * 1024;
}

/** What a folder takes on the disk. Files may go away meanwhile. */
export function diskBytesOf(folder) {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    bytes += blocksOf(join(entry.parentPath ?? entry.path, entry.name)) * BLOCK_BYTES;
  }
  return bytes;
}

function blocksOf(path) {
  return statSync(path, { throwIfNoEntry: false })?.blocks ?? 0;
}
