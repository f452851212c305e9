#!/bin/sh
# What the steps share: each makes it so, whether or not it was so before. A step may be run again: what is as
# it is told stays as it is, a host that is new is added, and none is taken out because it is not named
# (remove-host.sh does that).

# Pacemaker's own tools are to look where pcs does.
case $PCS in
    *" -f "*)
        CIB_file=${PCS##*" -f "}
        export CIB_file="${CIB_file%% *}"
        ;;
esac

# The configuration, one element a line.
lines() { cibadmin --query | tr '\n' ' ' | sed 's/>/>\n/g'; }

# Those elements that have all of these words in them; fails where there is none.
elements() {
    found=$(lines)
    for word in "$@"; do found=$(printf '%s\n' "$found" | grep -F -- "$word") || return 1; done
    printf '%s\n' "$found"
}

# Whether there is such a resource, or fencing device.
resource() { elements "<primitive " " id=\"$1\"" >/dev/null; }
fencing() { elements "<primitive " " id=\"$1\"" 'class="stonith"' >/dev/null; }

# Refuses a list of NAME=ADDRESS that cannot be meant, before anything is changed: one address for two hosts
# would switch off one of them for the other.
#   understood VARIABLE LIST
understood() {
    unfit=$(printf '%s\n' "$2" | tr -s ' \t' '\n' | awk -F= -v of="$1" '
        $0 == "" { next }
        $0 !~ /^[A-Za-z0-9][A-Za-z0-9._-]*(=[A-Za-z0-9._:%-]+)?$/ {
            print of ": " $0 " is not NAME=ADDRESS; several are separated by blanks"; exit }
        of == "BMCS" && NF < 2 { print of ": " $0 " has no address"; exit }
        tolower($1) in name { print of ": " $1 " is there twice"; exit }
        NF > 1 && tolower($2) in at { print of ": " at[tolower($2)] " and " $1 " have the same address"; exit }
        { name[tolower($1)] = 1; if (NF > 1) at[tolower($2)] = $1 }')
    [ -z "$unfit" ] || refuse "$unfit"
}

refuse() {
    printf '%s: %s\n' "$(basename "$0")" "$1" >&2
    exit 1
}

# What a parameter of a resource is now; nothing where there is no such resource.
parameter() { crm_resource --resource "$1" --get-parameter "$2" 2>/dev/null || true; }

# The words of a list of hosts, or of a map, one a line.
words() { printf '%s\n' "$@" | sed 's/[ ,;]/\n/g' | awk '$0 != ""'; }

# What a parameter of a resource has already, and the words that follow, each once; by SEPARATOR, in the order they came.
#   merged SEPARATOR RESOURCE NAME WORD...
# A host of a map is its first part, up to the colon: what is said last of it counts.
merged() {
    separator=$1 before=$(parameter "$2" "$3")
    shift 3
    words "$before" "$@" | awk -F'[:=]' -v by="$separator" '
        !($1 in at) { at[$1] = ++count; name[count] = $1 }
        { said[$1] = $0 }
        END { for (i = 1; i <= count; i++) printf "%s%s", (i > 1 ? by : ""), said[name[i]] }'
}

# Whether a resource stands behind the gate.
gated() {
    lines | awk -v resource="rsc=\"$1\"" '
        /<rsc_location / { mine = index($0, resource) }
        mine && /attribute="evacuation"/ && /operation="defined"/ { found = 1 }
        END { exit !found }'
}
