#!/bin/sh
# SPDX-License-Identifier: MIT
# build_and_push.sh [NAME[:TAG]] [TARGET]: build the image with Docker and push it to the registry
# (ECR) of the account that the AWS command line is logged in to, in its region. The last line is the
# image's address, which is what an Estimator takes as image_uri. TARGET: slim (the default) or small.
set -eu
image=${1:-skiff:latest}
target=${2:-slim}
name=${image%%:*}
source=$(cd "$(dirname "$0")/.." && pwd)

say() {
    echo "build_and_push.sh: $*" >&2
}

for tool in docker aws; do
    command -v "$tool" >/dev/null 2>&1 || { say "$tool is missing"; exit 1; }
done
region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}
[ -n "$region" ] || { say "no region: set AWS_REGION"; exit 1; }
account=$(aws sts get-caller-identity --query Account --output text)
case $region in
cn-*) registry=$account.dkr.ecr.$region.amazonaws.com.cn ;;
*) registry=$account.dkr.ecr.$region.amazonaws.com ;;
esac
address=$registry/$image
case $image in *:*) ;; *) address=$address:latest ;; esac

# SageMaker's hosts are x86-64 unless the job asks for others.
docker build --platform "${PLATFORM:-linux/amd64}" --target "$target" -f "$source/container/Dockerfile" \
    -t "$address" "$source"
aws ecr describe-repositories --region "$region" --repository-names "$name" >/dev/null 2>&1 ||
    aws ecr create-repository --region "$region" --repository-name "$name" >/dev/null
aws ecr get-login-password --region "$region" |
    docker login --username AWS --password-stdin "$registry"
docker push "$address"
echo "$address"
