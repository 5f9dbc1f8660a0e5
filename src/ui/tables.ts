/** What commands print when they are done. */
export { renderComparisonTable } from './comparison.js'
export { renderList, renderNodes, renderRows } from './listings.js'
export { renderSummary } from './summary.js'
