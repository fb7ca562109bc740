/** What is wrong with a run, as the error that a command ends with. Pure. */
import { actualText, verificationText } from '../bench/report.ts';
import type { BenchResult } from '../bench/result.ts';
import { RaftctlError } from '../std/errors.ts';
import { plural } from '../std/units.ts';

/** A measurement that cannot be believed says nothing about objectives. */
export function troubleOf(result: BenchResult): RaftctlError | null {
  const lost = lossOf(result);
  if (lost !== null) return lost;
  if (!result.isValid) {
    return new RaftctlError('MEASUREMENT_INVALID', {
      message: `The measurement is invalid: ${result.invalidReasons.join('; ')}`,
      hint: 'Lower the rate, or leave more of the machine to the generator',
    });
  }
  const missed = result.slos.filter((slo) => !slo.isMet);
  if (missed.length === 0) return undecidedOf(result);
  const list = missed.map(({ slo, actual, unit }) => `${slo} (${actualText(actual, unit)})`);
  return new RaftctlError('SLO_MISSED', { message: `Objectives were missed: ${list.join(', ')}` });
}

/** Of several runs the trouble that weighs most. */
export function worstTrouble(results: readonly BenchResult[]): RaftctlError | null {
  const troubles = results.map(troubleOf).filter((one) => one !== null);
  const weight = ['WRITE_LOST', 'MEASUREMENT_INVALID'];
  for (const code of weight) {
    const found = troubles.find((trouble) => trouble.code === code);
    if (found !== undefined) return found;
  }
  return troubles[0] ?? null;
}

/** Whatever else is wrong with the measurement: what was acknowledged and is not there is. */
export function lossOf({ verification }: BenchResult): RaftctlError | null {
  if (!verification) return null;
  const { missing, older, foreign, damaged } = verification;
  const faults = missing + older + foreign + damaged;
  if (faults === 0) return null;
  return new RaftctlError('WRITE_LOST', {
    message: `Not everything is there that was acknowledged: ${verificationText(verification)}`,
    hint:
      foreign > 0
        ? 'Does something else write the same keys? Keep apart what does: --key-prefix'
        : 'Keep the data directories. Of raftctl itself please report it: raftctl cluster bundle',
  });
}

function undecidedOf({ verification }: BenchResult): RaftctlError | null {
  if (!verification || verification.unread === 0) return null;
  return new RaftctlError('CHECK_UNDECIDED', {
    message: `${plural(verification.unread, 'key')} could not be read back: nobody answered for them`,
    hint: 'See who is down: raftctl cluster status. Then measure again',
  });
}
