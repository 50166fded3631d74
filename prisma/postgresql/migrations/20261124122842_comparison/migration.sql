-- CreateTable
CREATE TABLE "ApiToken" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "tokenHash" TEXT NOT NULL,
    "createdBy" TEXT NOT NULL,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "lastUsedAt" TIMESTAMP(3),

    CONSTRAINT "ApiToken_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ComparisonSpan" (
    "mappingId" TEXT NOT NULL,
    "stepS" INTEGER NOT NULL,
    "atMs" BIGINT NOT NULL,
    "total" BYTEA NOT NULL,
    "kinds" BYTEA NOT NULL,

    CONSTRAINT "ComparisonSpan_pkey" PRIMARY KEY ("mappingId","stepS","atMs")
);

-- CreateIndex
CREATE UNIQUE INDEX "ApiToken_name_key" ON "ApiToken"("name");

-- CreateIndex
CREATE UNIQUE INDEX "ApiToken_tokenHash_key" ON "ApiToken"("tokenHash");
