/** What a case is to the one who runs it. */

/** What was asked for. */
export interface CaseOptions {
  /** `quick` for a look, `grid` for the headline figures, `full` for everything. */
  readonly size: 'quick' | 'grid' | 'full'
  /** Rounds of each contestant, at least 1; medians are of so many. */
  readonly rounds: number
  /** A program that prints the reference's figures as JSON lines. */
  readonly reference: string | null
  /** What `espalier events --json` has printed; null: one that is kept here. */
  readonly recording: string | null
}

export interface CaseResult {
  /** Kept in the results file. */
  readonly figures: readonly object[]
  /** Lines for people. */
  readonly text: readonly string[]
}

/** Is told what comes next, and where it is known which part of the case is done, 0 to 1. */
export type Progress = (what: string, share?: number) => void

export interface Case {
  readonly name: string
  /** One line for `--help`. */
  readonly summary: string
  run(options: CaseOptions, progress: Progress): Promise<CaseResult>
}
