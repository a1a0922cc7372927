# ask.bash COMPLETION LINE: what bash would offer at the end of LINE.
# shellcheck source=/dev/null
source "$1"
line=$2
# bash splits words at = and : as well (COMP_WORDBREAKS).
spaced=${line//=/ = }
read -r -a COMP_WORDS <<< "${spaced//:/ : }"
[[ $line == *[\ =:] ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
COMP_LINE=$line COMP_POINT=${#line}
function=_${line%% *}
"${function//-/_}"
printf '%s\n' "${COMPREPLY[@]}"
