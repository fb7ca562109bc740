/** Judges what is known of a cluster by rules with codes. Pure: facts in, findings out. */
import { EXIT } from '../std/errors.ts';
import { ELECTION_RULES } from './doctor/election-rules.ts';
import type { DoctorFacts } from './doctor/facts.ts';
import { PROCESS_RULES } from './doctor/process-rules.ts';
import { REPLICATION_RULES } from './doctor/replication-rules.ts';
import { type Rule, Scene, type Severity } from './doctor/rule.ts';
import { SERVICE_RULES } from './doctor/service-rules.ts';
import { STORAGE_RULES } from './doctor/storage-rules.ts';

/** In the order of their codes. */
export const RULES: readonly Rule[] = [
  ...SERVICE_RULES,
  ...REPLICATION_RULES,
  ...ELECTION_RULES,
  ...STORAGE_RULES,
  ...PROCESS_RULES,
];

export interface Finding {
  readonly code: string;
  readonly severity: Severity;
  readonly title: string;
  readonly node: string | null;
  readonly evidence: readonly string[];
  /** What to type; null: nothing that raftctl could do. */
  readonly command: string | null;
}

export interface Diagnosis {
  readonly cluster: string;
  /** Unix time of the look. */
  readonly wallMs: number;
  /** How long was measured; null: since the processes started. */
  readonly spanMs: number | null;
  /** Some node did not tell all: rules that need it could not be tried on it. */
  readonly silent: readonly string[];
  /** How many rules were tried. */
  readonly rules: number;
  /** The gravest first. */
  readonly findings: readonly Finding[];
}

const GRAVITY: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 };
/** Of one kind at one node; more say nothing new. */
const EVIDENCE_MAX = 5;

export function diagnose(facts: DoctorFacts): Diagnosis {
  const scene = new Scene(facts);
  const findings = RULES.flatMap((rule) => findingsOf(rule, scene));
  return {
    cluster: facts.status.name,
    wallMs: facts.atWallMs,
    spanMs: facts.spanMs,
    silent: facts.silent,
    rules: RULES.length,
    findings: findings.sort((a, b) => GRAVITY[a.severity] - GRAVITY[b.severity]),
  };
}

/** One finding a node, with all its evidence. */
function findingsOf({ code, severity, title, find }: Rule, scene: Scene): Finding[] {
  const byNode = new Map<string | null, Finding>();
  for (const { node, evidence, command } of find(scene)) {
    const known = byNode.get(node);
    if (known === undefined) {
      byNode.set(node, { code, severity, title, node, evidence: [evidence], command });
    } else if (known.evidence.length < EVIDENCE_MAX) {
      byNode.set(node, { ...known, evidence: [...known.evidence, evidence] });
    }
  }
  return [...byNode.values()];
}

/** 9: a promise was broken; 3: nobody leads; 5: there is something to do; 0: all is well. */
export function exitOf({ findings }: Diagnosis): number {
  const has = (code: string): boolean => findings.some((finding) => finding.code === code);
  if (has('RFT050')) return EXIT.violation;
  if (has('RFT001')) return EXIT.unreachable;
  const isWell = findings.every(({ severity }) => severity === 'info');
  return isWell ? EXIT.ok : EXIT.unhealthy;
}
