import type { DocumentKind } from '../store/document.js'
import type { RunFolder } from '../store/run-folder.js'
import type { Lab, Look } from './lab.js'

/** A document of which there is a report that can be made again. */
export interface ReportKind<T = unknown> extends DocumentKind<T> {
  /** Writes the report anew, in every format, into the folder of the document. @returns the path of report.md */
  rebuild(value: T, folder: RunFolder, lab: Lab): Promise<string>
  /** Holds a newer document against an older one of this kind; left out where that says nothing. */
  diff?(older: Documented<T>, newer: Documented<T>, out: string): Promise<Diffed>
}

/** A document and the folder that it lies in. */
export interface Documented<T> {
  value: T
  folder: string
}

/** A difference, written. */
export interface Diffed {
  /** The path of its report.md. */
  report: string
  /** For --json. */
  json: unknown
  /** For the terminal. */
  text(look: Look): Promise<string>
}
