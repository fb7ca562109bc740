/** Flags of a bench whose load comes from other machines. */
import { readFile } from 'node:fs/promises';
import type { AgentsWish } from '../bench/far-crew.ts';
import { splitAddress } from '../client/address.ts';
import { RaftctlError } from '../std/errors.ts';
import type { LoadPlan } from './load-plan.ts';
import { value, withVariables } from './workload-flags.ts';

/** A shorter one could be guessed. */
const TOKEN_LENGTH_MIN = 16;

export const agentFlags = withVariables({
  agents: value('Other machines that make the load: raftctl bench agent.', 'HOST:PORT,...'),
  'agents-token-file': value('File with what agents and bench must both know.', 'FILE'),
  'agents-ca': value('Authorities that agents are trusted by: connections have TLS.', 'FILE'),
});

export interface SaidAgents {
  readonly agents?: string | undefined;
  readonly 'agents-token-file'?: string | undefined;
  readonly 'agents-ca'?: string | undefined;
}

/** The plan with the agents that were named; each has the threads that --workers says. */
export async function withAgents(plan: LoadPlan, said: SaidAgents): Promise<LoadPlan> {
  if (said.agents === undefined) return plan;
  const addresses = said.agents.split(',').map((text) => text.trim());
  for (const address of addresses) splitAddress(address);
  const twice = addresses.find((address, at) => addresses.indexOf(address) !== at);
  if (twice !== undefined) {
    throw new RaftctlError('USAGE', { message: `Cannot have agent ${twice} twice` });
  }
  const { 'agents-token-file': tokenFile, 'agents-ca': caFile } = said;
  if (tokenFile === undefined) {
    throw new RaftctlError('USAGE', {
      message: 'Cannot measure with agents without what they and this one both know',
      hint: 'Name the file that they were started with: --agents-token-file FILE',
    });
  }
  const { clients, verify } = plan.workload;
  if (verify === true) {
    throw new RaftctlError('USAGE', {
      message: 'Cannot read back what agents wrote: they keep no note of it',
      hint: 'Leave --verify out, or --agents',
    });
  }
  const workers = plan.workload.workers * addresses.length;
  if (workers > clients) {
    throw new RaftctlError('USAGE', {
      message: `Cannot deal out ${clients} connections to ${workers} threads of ${addresses.length} agents`,
      hint: `At least --clients ${workers}, or fewer --workers, which are those of each agent`,
    });
  }
  const token = await readAgentToken(tokenFile);
  const agents: AgentsWish = {
    addresses,
    token,
    ca: caFile === undefined ? null : await read(caFile),
  };
  return { ...plan, agents, workload: { ...plan.workload, workers } };
}

/** @throws {RaftctlError} USAGE */
export async function readAgentToken(path: string): Promise<string> {
  const token = (await read(path)).trim();
  if (token.length >= TOKEN_LENGTH_MIN) return token;
  throw new RaftctlError('USAGE', {
    message: `Cannot use ${path} as a token: it has ${token.length} characters`,
    hint: `At least ${TOKEN_LENGTH_MIN}; for example: openssl rand -hex 32 > ${path}`,
  });
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new RaftctlError('USAGE', { message: `Cannot read ${path}`, cause });
  }
}
