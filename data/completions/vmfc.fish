# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
# fish completion for vmfc

function __vmfc_plugins --description 'samplers and their groups, and sinks that write no files'
    set -l words (commandline -opc)
    command $words[1] --list-plugins=names 2>/dev/null |
        sed -n 's/^\([^ ]*\) sampler *\(.*\)/\1\n\2/p; s/^\([^ ]*\) sink$/\1/p' | string match -r '.+' | sort -u
end

function __vmfc_formats
    set -l words (commandline -opc)
    echo none
    command $words[1] --list-plugins=names 2>/dev/null | sed -n 's/^\([^ ]*\) sink \..*/\1/p'
end

function __vmfc_workloads
    set -l words (commandline -opc)
    command $words[1] --list-workloads=names 2>/dev/null
end

function __vmfc_tools --description 'each with its summary'
    set -l words (commandline -opc)
    command $words[1] --help 2>/dev/null | sed -n '/^Tools:/,$s/^  \([a-z0-9-]*\)  *\(.*\)/\1\t\2/p'
end

function __vmfc_settings
    set -l words (commandline -opc)
    command $words[1] --list-plugins 2>/dev/null | sed -n 's/^  --set \([^=]*=\).*/\1/p'
end

complete -c vmfc -f
complete -c vmfc -s d -l duration -x -d 'How long to collect, in seconds'
complete -c vmfc -s o -l output -r -F -d 'Output file'
complete -c vmfc -l meta -r -F -d 'Where to write the meta file'
complete -c vmfc -l rotate -x -d 'Begin new files after so much time or so many bytes'
complete -c vmfc -l rotate-keep -x -d 'How many full files to keep'
complete -c vmfc -s i -l interval -x -d 'Length of a window, in seconds'
complete -c vmfc -s p -l plugins -x -a '(__fish_append , (__vmfc_plugins))' -d 'Plugins and groups'
complete -c vmfc -s f -l format -x -d Formats \
    -a '(__fish_append , (__vmfc_formats))'
complete -c vmfc -s w -l stress-workload -x -d 'Workload to run while recording' \
    -a '(__fish_append , (__vmfc_workloads))'
complete -c vmfc -l shuffle -d 'Workloads in random order'
complete -c vmfc -l seed -x -d 'What random choices start from'
complete -c vmfc -l start-time -x -d 'Open the first window at this time'
complete -c vmfc -l fsync -x -d 'How often the files are synced to the disk, in seconds'
complete -c vmfc -l grace -x -d 'How long a tick waits for late answers, in seconds'
complete -c vmfc -l target-zones -x -d 'The label target_zones'
complete -c vmfc -l plugin-path -x -a '(__fish_complete_directories)' -d 'Folders with further plugins'
complete -c vmfc -l kepler-url -x -d 'Where the exporter of Kepler is'
complete -c vmfc -l vm-names -x -d 'VMs whose power kepler_vm sums up'
complete -c vmfc -l vm-pattern -x -d 'VMs with such names'
complete -c vmfc -l model -r -F -d 'Estimate power with this model'
complete -c vmfc -l root -x -a '(__fish_complete_directories)' -d 'Read proc and sys below this folder'
complete -c vmfc -s s -l set -x -a '(__vmfc_settings)' -d 'Set an option of a plugin'
complete -c vmfc -s c -l config -r -F -d 'Read options from a file'
complete -c vmfc -l realtime -d 'Reserve CPU time for the ticks'
complete -c vmfc -l no-sync -d 'No grid and no common windows'
complete -c vmfc -s v -l verbose -d 'More messages'
complete -c vmfc -l list-plugins -d 'List the plugins'
complete -c vmfc -l list-features -d 'List every column'
complete -c vmfc -l list-features=metrics -d 'List the metrics that they become'
complete -c vmfc -l list-workloads -d 'List the workloads'
complete -c vmfc -l check=strict -d 'Say what works here, and end with 1 where something does not'
complete -c vmfc -l check -d 'Say what works here'
complete -c vmfc -l version -d 'Print the version, and what is built in'
complete -c vmfc -s h -l help -d 'Show all options'

complete -c vmfc -n __fish_is_first_token -a '(__vmfc_tools)'
set -l merge '__fish_seen_subcommand_from merge'
complete -c vmfc -n $merge -l features -r -F -d 'File that vmfc recorded in the machine'
complete -c vmfc -n $merge -l power -r -F -d 'File with its power, recorded on the host'
complete -c vmfc -n $merge -l tolerance -x -d 'Maximum distance of the nearest power value, in seconds'
complete -c vmfc -n $merge -l offset -x -d 'Lag of the power, in seconds'
complete -c vmfc -n $merge -l estimate-offset -d 'Find the lag of the power, and correct it'
complete -c vmfc -n $merge -l max-lag -x -d 'Maximum of the lag to search for, in seconds'
complete -c vmfc -n $merge -l max-gap -x -d 'Maximum gap between power values, in seconds'
complete -c vmfc -n $merge -l min-power-threshold -x -d 'Leave out rows with less power, in watts'
complete -c vmfc -n $merge -l power-zone -x -a 'package core dram uncore psys' -d 'Zone for the threshold and the lag'
complete -c vmfc -n $merge -l power-source -x -a 'joules watts kepler total' -d 'Columns of power'
complete -c vmfc -n $merge -l split -d 'Also write files for training and testing'
set -l train '__fish_seen_subcommand_from train'
complete -c vmfc -n $train -F
complete -c vmfc -n $train -l label -x -d 'The column of power'
complete -c vmfc -n $train -l group -x -d 'The column of workloads'
complete -c vmfc -n $train -l zones -x -a 'package core dram uncore psys' -d 'Power zones'
complete -c vmfc -n $train -l features -x -d 'What to estimate from'
complete -c vmfc -n $train -l exclude -x -d 'And what not'
complete -c vmfc -n $train -l families -x -a 'mean curve linear trees average' -d 'Which models'
complete -c vmfc -n $train -l interval-share -x -d 'How many rows the interval is to contain'
complete -c vmfc -n $train -l max-rows -x -d 'Judge by so many rows at most'
complete -c vmfc -n $train -l threads -x -d 'How many models to fit at a time'
complete -c vmfc -n $train -l test -r -F -d 'A training set that the model does not see'
complete -c vmfc -n $train -l predictions -r -F -d 'Also write measured and estimated power'
complete -c vmfc -n $train -l evaluate -r -F -d 'Judge this model by the files'
complete -c vmfc -n $train -l margin -x -d 'How far beyond its range a feature may be'
complete -c vmfc -n $train -l other-machine -d 'Also estimate rows of another machine'
complete -c vmfc -n $train -l export -x -a kepler -d 'Write a model in another form'
complete -c vmfc -n $train -l import -x -a xgboost -d 'Make a model of what another program saved'
set -l report '__fish_seen_subcommand_from report'
complete -c vmfc -n $report -F
complete -c vmfc -n $report -l plot -x -d 'Only this plot'
complete -c vmfc -n $report -l open -d 'Show the page in the browser'
set -l send '__fish_seen_subcommand_from pull push'
complete -c vmfc -n $send -F
complete -c vmfc -n $send -l url -x -d 'Address of the server'
complete -c vmfc -n $send -l start -x -d 'Begin of the data'
complete -c vmfc -n $send -l end -x -d 'End of the data'
complete -c vmfc -n $send -s m -l match -x -d 'Labels of the machines'
complete -c vmfc -n $send -s l -l label -x -d 'Label of all series'
complete -c vmfc -n $send -l token-file -r -F -d 'File with a bearer token'
complete -c vmfc -n $send -l ca-file -r -F -d 'Certificates of authorities'
complete -c vmfc -n $send -l timeout -x -d 'Maximum time of one request, in seconds'
complete -c vmfc -n $send -l patience -x -d 'How long to try again, in seconds'
