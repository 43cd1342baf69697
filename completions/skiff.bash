# SPDX-License-Identifier: MIT
# Completion of skiff's commands, options, values and files for bash 4 and later. Source it, or let
# make install put it where bash-completion looks. tests/shell/completion.sh compares it with the
# program's --help.

# What skiff prep and skiff train have in common.
_skiff_prep_options()
{
    printf '%s\n' target= features= drop= id= fill= encode= scale= clip= log1p= unseen= \
        test_size= random_state= stratify=@switch shuffle=@switch 'fit_on=train|all' \
        'delimiter=auto|comma|semicolon|tab|pipe' 'header=auto|yes|no'
}

# _skiff_options COMMAND: its options, one a line, as NAME=KIND. KIND is the words that may follow,
# separated by |, or @npz, @json, @scores, @table, @csv, @run, @file (files), @dir, @switch, or nothing:
# any text.
_skiff_options()
{
    case $1 in
    train)
        _skiff_prep_options
        printf '%s\n' train=@table val=@table validation=@table test=@table x_key= y_key= \
            data=@csv prep=@json sharded=@switch \
            hidden= 'activation=relu|leaky_relu|tanh|sigmoid|gelu|silu' dropout= \
            'task=auto|binary|multiclass|regression' 'scale_target=auto|none|standard' init=@npz \
            epochs= max_epochs= learning_rate= lr= batch_size= accumulate= 'optimizer=sgd|adam|adamw' \
            momentum= nesterov=@switch betas= eps= weight_decay= \
            'torch_compat=1|2' \
            'schedule=constant|step|cosine|onecycle' step_size= gamma= warmup= clip_norm= \
            'class_weight=none|balanced' seed= patience= min_delta= \
            'monitor=auto|train_loss|val_loss|val_accuracy|val_f1|val_auroc|val_ap|val_rmse|val_r2' \
            restore_best=@switch threads= 'gemm=auto|own|blas' log_every= progress=@switch quiet=@switch \
            hosts= host= ranks_per_host= host_addresses= join_port= join_secret_file=@file join_timeout= heartbeat= 'parallel=data|model' \
            restarts= elastic=@switch \
            model_dir=@dir output_dir=@dir out=@dir checkpoint_dir=@dir checkpoint_every= \
            config=@json instance= prices=@csv root=@dir strict=@switch help=@switch
        ;;
    prep)
        _skiff_prep_options
        printf '%s\n' out=@dir folds= 'task=auto|binary|multiclass|regression' \
            'dtype=float64|float32' threads= quiet=@switch help=@switch
        ;;
    job)
        printf '%s\n' 'sender=a|b|c|d' hosts= channel= hp= metric= pipe= sharded= objective= \
            checkpoints=@switch name= instance= program= max_run= stop_after= grace= quiet=@switch \
            help=@switch
        ;;
    predict)
        printf '%s\n' out=@scores threshold= id= 'part=auto|train|val|test' x_key= threads= \
            'gemm=auto|own|blas' help=@switch
        ;;
    serve)
        printf '%s\n' port= host= workers= threads= timeout= max_payload= accept= output= threshold= \
            batch=@switch multi_model=@switch 'gemm=auto|own|blas' root=@dir log=@switch quiet=@switch \
            help=@switch
        ;;
    eval)
        printf '%s\n' scores=@scores 'task=auto|binary|multiclass|regression' threshold= \
            json=@switch curves=@switch help=@switch val=@table 'part=auto|train|val|test' x_key= y_key= \
            bootstrap= seed= threads= 'gemm=auto|own|blas'
        ;;
    compare)
        printf '%s\n' 'format=text|markdown|csv|json' out= page= target= \
            'metric=auto|accuracy|f1|auroc|ap|log_loss|brier|rmse|mae|r2|loss' baseline= prices=@csv \
            instance= assume= published=@switch overhead= storage= spot= help=@switch
        ;;
    report)
        printf '%s\n' out=@dir data=@table 'part=auto|train|val|test' x_key= y_key= model=@npz \
            threshold= bootstrap= importance= seed= threads= help=@switch
        ;;
    plan) # and those of train, which are too many to offer again
        printf '%s\n' instances= host_counts= cores= network= latency= message= json=@switch help=@switch
        ;;
    inspect)
        printf '%s\n' 'delimiter=auto|comma|semicolon|tab|pipe' 'header=auto|yes|no' json=@switch \
            help=@switch
        ;;
    esac
}

# _skiff_kind COMMAND OPTION: the kind of the option, whose words may be joined by - or _.
_skiff_kind()
{
    local name=${2#--} line
    name=${name//-/_}
    while IFS= read -r line; do
        [[ ${line%%=*} == "$name" ]] && printf '%s\n' "${line#*=}" && return 0
    done < <(_skiff_options "$1")
    return 1
}

# _skiff_files BEGINNING SUFFIX...: folders, and files with one of the suffixes.
_skiff_files()
{
    local beginning=$1 suffix
    shift
    {
        compgen -d -- "$beginning"
        for suffix in "$@"; do
            compgen -f -X "!*.$suffix" -- "$beginning"
        done
    } | sort -u
}

# _skiff_values KIND BEGINNING [PREFIX]: replies with what may follow, each behind the prefix.
_skiff_values()
{
    # Fails, and is not missed, in a script that calls this outside of a completion.
    [[ $1 == @* && $1 != @switch ]] && compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(
        case $1 in
        @npz) _skiff_files "$2" npz ;;
        @json) _skiff_files "$2" json ;;
        @scores) _skiff_files "$2" csv npz ;;
        @table) _skiff_files "$2" csv csv.gz npz ;;
        @csv) _skiff_files "$2" csv csv.gz ;;
        @run) _skiff_files "$2" json jsonl csv ;;
        @file) compgen -f -- "$2" ;;
        @dir) _skiff_files "$2" ;;
        @switch) compgen -W 'true false' -- "$2" ;;
        *) compgen -W "${1//|/ }" -- "$2" ;;
        esac
    )
    COMPREPLY=("${COMPREPLY[@]/#/${3-}}")
}

# _skiff_names COMMAND BEGINNING: replies with options that begin so. Switches that are turned off
# are offered once --no is there, names with - once there is one.
_skiff_names()
{
    local line name names=
    while IFS= read -r line; do
        name=${line%%=*}
        names+=" --$name"
        [[ $2 == --no* && $line == *=@switch && $name != help ]] && names+=" --no-$name"
    done < <(_skiff_options "$1")
    if [[ ${2#--} == *-* && ${2#--} != *_* ]]; then
        names=${names//_/-}
    fi
    mapfile -t COMPREPLY < <(compgen -W "$names" -- "$2")
}

_skiff()
{
    local command=${COMP_WORDS[1]} current=${COMP_WORDS[COMP_CWORD]} kind
    local before=${COMP_WORDS[COMP_CWORD - 1]}
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W 'prep train plan predict serve eval report compare job inspect --help --version' -- "$current")
    elif [[ $command == help ]]; then
        ((COMP_CWORD > 2)) ||
            mapfile -t COMPREPLY < <(compgen -W 'prep train plan predict serve eval report compare job inspect' -- "$current")
    elif [[ $current == = || $before == = ]]; then # "--task=bin" comes as three words
        [[ $current == = ]] || before=${COMP_WORDS[COMP_CWORD - 2]}
        kind=$(_skiff_kind "$command" "$before") && _skiff_values "$kind" "${current#=}"
    elif [[ $current == --*=* ]]; then # or as one, where = does not break words
        kind=$(_skiff_kind "$command" "${current%%=*}") &&
            _skiff_values "$kind" "${current#*=}" "${current%%=*}="
    elif [[ $before == --* ]] && kind=$(_skiff_kind "$command" "$before") &&
        [[ $kind != @switch ]]; then
        _skiff_values "$kind" "$current"
    elif [[ $command == job && $COMP_CWORD == 2 && $current != -* ]]; then
        _skiff_values 'new|run' "$current"
    elif [[ $command == compare && $current != -* ]]; then
        _skiff_values @run "$current"
    elif [[ $command == @(report|job) && $current != -* ]]; then
        _skiff_values @dir "$current"
    elif [[ $command == @(predict|eval|inspect) && $current != -* ]]; then
        _skiff_values @table "$current"
    elif [[ $command == serve && $current != -* ]]; then
        _skiff_values @npz "$current"
    elif [[ $command == prep && $current != -* ]]; then
        _skiff_values @csv "$current"
    else
        _skiff_names "$command" "$current"
    fi
}

complete -F _skiff skiff
