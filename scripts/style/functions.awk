# SPDX-License-Identifier: MIT
# Prints FILE:LINE: LINES for each function that is longer than `limit` lines, from its first
# line to its closing brace. Relies on the layout: a function's braces stand in the first
# column, and so does nothing else but the names at the top level.
FNR == 1 { depth = 0; start = 0 }
depth && /^}/ {
    if (FNR - start + 1 > limit) print FILENAME ":" start ": " FNR - start + 1
    depth = start = 0
    next
}
depth { next }
/^{/ { depth = 1; if (!start) start = FNR; next }
/^[A-Za-z_]/ { if (!start) start = FNR; if (/;$/) start = 0; next }
/^[ \t]/ { if (/;$/) start = 0; next }
{ start = 0 }
