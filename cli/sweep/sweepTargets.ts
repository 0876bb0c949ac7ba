import type { Sweep } from '../../sweep/sweepFile.js';
import { openTarget, type Target, type TargetOptions } from '../cloud/target.js';
import { UsageError } from '../errors.js';
import type { Session } from '../session.js';

/** The clouds that a sweep works with: one, unless architectures have stacks of their own. */
export class SweepTargets {
  readonly #session: Session;
  readonly #stages: NonNullable<Sweep['stages']>;
  readonly #options: TargetOptions;
  readonly #open = new Map<string, Promise<Target>>();

  /** @throws UsageError for stages that a state machine's ARN leaves no room for. */
  constructor(session: Session, { stages = {} }: Pick<Sweep, 'stages'>, options: TargetOptions) {
    if (options.stateMachine !== undefined && Object.keys(stages).length > 0)
      throw new UsageError('"stages" names the stacks, and so does --state-machine; name them in one place only.');
    this.#session = session;
    this.#stages = options.aws ? stages : {};
    this.#options = options;
  }

  /** The cloud whose executors have an architecture; undefined: any. */
  of(architecture: number | string | undefined): Promise<Target> {
    const named = architecture === 'x86_64' || architecture === 'arm64' ? this.#stages[architecture] : undefined;
    const stage = named ?? this.#options.stage;
    const key = stage ?? '';
    const open = this.#open.get(key) ?? openTarget(this.#session, { ...this.#options, stage });
    this.#open.set(key, open);
    return open;
  }

  /** What tells the clouds from others. */
  async names(): Promise<string[]> {
    const target = await this.of(undefined);
    return [target.kind, target.region, await target.stateMachineArn()];
  }

  async close(): Promise<void> {
    for (const open of this.#open.values()) {
      const target = await open.catch(() => undefined);
      await target?.close();
    }
  }
}
