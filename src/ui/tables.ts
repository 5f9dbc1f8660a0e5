/** What commands print when they are done. */
export { renderComparisonTable } from './comparison.js'
export { renderAnswer } from './database-answer.js'
export { renderList, renderNodes } from './listings.js'
export { renderLead, renderSummary } from './summary.js'
